"""How finely each picture is quantised: alike, as long as the ceiling of the bitrate allows it. Rules on numbers."""

import math
from collections import deque

# How much of what the ceiling lets through may be owed. Over ten seconds and more the ceiling holds; these two may have
# twice as much in them, for a slide that changes or a scroll.
CEILING_S = 2

# Quantisers: H.264's end at 51, beyond x264 leaves out what is small. Six more are half the bits.
COARSEST = 60
REACH = 36  # as far as it goes above what is wanted
# A keyframe is what the pictures behind it are made of: bits spent on it are saved there.
KEYFRAME_FINER = 2
# Shares of the bucket. How full the groups should leave it, where what scrolls at length settles; how much of the way
# there one group may go; and from where on single pictures are coarser than planned, so that not even a change of
# everything, which nobody foresees, goes past the ceiling for long. Chosen by how text looks that scrolls for a second
# or two, and then rests.
_PLANNED = 0.75
_STRIDE = 0.7
_URGENT = 0.85


class Rate:
    """A bucket that leaks as fast as the ceiling says and holds what it lets through in CEILING_S; x264 calls it VBV.

    The quantiser is planned a group of pictures at a time, by what the last second has taken: a change of it within a
    group would be seen. `quantiser` before, `spent` after each picture that is encoded. Pictures that are not encoded
    need no telling: the bucket leaks by the tick.
    """

    def __init__(self, quantiser: int, ceiling_kbps: int, fps: int) -> None:
        """`quantiser`: of a picture that is no keyframe, while the ceiling is far. It reaches no further than REACH
        above that: what needs more goes past the ceiling."""
        self.wanted = quantiser
        self._fps = fps
        self._leak = ceiling_kbps * 125 / fps  # bytes a tick
        self._most = ceiling_kbps * 125 * CEILING_S
        self._filled = 0.0
        self._tick = 0
        self._planned = quantiser
        # What pictures would have taken at quantiser 0: the last keyframe, and the others of a second with their ticks.
        self._keyframe_work = 0.0
        self._work: deque[tuple[int, float]] = deque()

    def quantiser(self, tick: int, group_ticks: int | None) -> int:
        """Of the picture at `tick`. `group_ticks`: it is the keyframe of a group, and groups are so long when the file
        is under way; None: it is none."""
        self._filled = max(0.0, self._filled - (tick - self._tick) * self._leak)
        self._tick = tick
        if group_ticks is not None:
            plan = self._plan(group_ticks)
            self._planned = plan if plan == self.wanted else (plan + max(self._planned, self.wanted) + 1) // 2
        finer = KEYFRAME_FINER if group_ticks is not None else 0
        return max(0, min(self._coarsest, max(self._planned, self._urgent())) - finer)

    def spent(self, size: int, quantiser: int, *, keyframe: bool) -> None:
        """Bytes, for the picture asked about last."""
        self._filled += size
        work = size * 2 ** (quantiser / 6)
        if keyframe:
            self._keyframe_work = work
        else:
            self._work.append((self._tick, work))

    def _plan(self, ticks: int) -> int:
        """The finest at which the group should not be too large; never finer than is wanted."""
        while self._work and self._work[0][0] < self._tick - self._fps:
            self._work.popleft()
        # The largest may have been a new slide, once. Where pictures are alike it is one of many.
        sizes = [work for _, work in self._work]
        others = (sum(sizes) - max(sizes, default=0.0)) * ticks / self._fps
        keyframe = self._keyframe_work * 2 ** (KEYFRAME_FINER / 6)
        room = self._leak * ticks + (_PLANNED * self._most - self._filled) * _STRIDE
        least = self._leak * ticks / 4
        # The keyframe alone must not fill the bucket so far that all behind it are in want.
        return max(
            self.wanted,
            _fitting(keyframe + others, max(room, least)),
            _fitting(keyframe, max(_URGENT * self._most - self._filled, least)),
        )

    def _urgent(self) -> int:
        strain = (self._filled / self._most - _URGENT) / (1 - _URGENT)
        return self.wanted + round(max(0.0, strain) * (self._coarsest - self.wanted))

    @property
    def _coarsest(self) -> int:
        return min(COARSEST, self.wanted + REACH)


def _fitting(work: float, size: float) -> int:
    """The finest quantiser at which the work takes no more bytes than `size`."""
    return math.ceil(6 * math.log2(work / size)) if work else 0
