"""When a track was muted, or not published at all: what did not come then is not missing."""

from collections import deque

_MOST_MUTES = 64

Stretches = list[tuple[int, int]]


class Mutes:
    """Local monotonic times, of a bounded number of tracks: those told of longest ago are forgotten, and of each track
    all but its newest 64 mutes."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._tracks: dict[str, deque[tuple[int, int | None]]] = {}

    def tell(self, track: str, muted: bool, now_ns: int) -> None:
        """As often as one likes."""
        mutes = self._tracks.pop(track, None) or deque(maxlen=_MOST_MUTES)
        self._tracks[track] = mutes
        if len(self._tracks) > self._bound:
            del self._tracks[next(iter(self._tracks))]
        going_on = bool(mutes) and mutes[-1][1] is None
        if muted and not going_on:
            mutes.append((now_ns, None))
        elif going_on and not muted:
            mutes[-1] = (mutes[-1][0], now_ns)

    def of(self, track: str, until_ns: int) -> Stretches:
        """Rising."""
        return [(from_ns, until_ns if to_ns is None else to_ns) for from_ns, to_ns in self._tracks.get(track, ())]


def without(from_ns: int, to_ns: int, stretches: Stretches) -> Stretches:
    """What is left of that time."""
    left = [(from_ns, to_ns)]
    for begin_ns, end_ns in stretches:
        left = [
            part
            for first_ns, last_ns in left
            for part in ((first_ns, min(last_ns, begin_ns)), (max(first_ns, end_ns), last_ns))
            if part[0] < part[1]
        ]
    return left


def newest(stretches: Stretches, most_ns: int) -> Stretches:
    """The last `most_ns` of them."""
    kept: Stretches = []
    for from_ns, to_ns in reversed(stretches):
        if most_ns <= 0:
            break
        kept.append((max(from_ns, to_ns - most_ns), to_ns))
        most_ns -= to_ns - from_ns
    return kept[::-1]
