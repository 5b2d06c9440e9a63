"""Where a track's frames leave for the mixer: in order, each at its capture time, never backwards."""

from typing import NamedTuple

from bot.receive.clock import TrackClock
from bot.receive.settings import MILLISECOND_NS, SECOND_NS
from bot.receive.stats import TrackStats
from bot.receive.surroundings import Surroundings
from mixer.frame import Codec, EncodedFrame

_MAX_HELD = 64
_MAX_HOLD_NS = 300 * MILLISECOND_NS
_FREEZE_NS = 200 * MILLISECOND_NS
_LONGEST_SPACING_NS = 5 * SECOND_NS  # more is a pause


class Ready(NamedTuple):
    """A frame that only lacks its time. `timestamp` is RTP's."""

    timestamp: int
    track: str
    codec: Codec
    keyframe: bool
    data: bytes
    rotation: int = 0
    redundant: bool = False
    channels: int = 1


class Outlet:
    """Holds frames back for a moment while the clock is not sure where they belong: at most 64 or 0.3 s, then they go
    out where they seem to belong."""

    def __init__(self, clock: TrackClock, stats: TrackStats, around: Surroundings) -> None:
        self._clock = clock
        self.stats = stats
        self._around = around
        self._held: list[Ready] = []
        self._held_ns = 0
        self.spacing_ns = 0  # usual time between frames
        self.lost = False  # frames are missing since the last one

    @property
    def holding(self) -> bool:
        return bool(self._held)

    def put(self, ready: Ready, now_ns: int) -> None:
        if not self._held and not self._clock.uncertain:
            self._send(ready)
            return
        if not self._held:
            self._held_ns = now_ns
        self._held.append(ready)
        self.release(now_ns)

    def release(self, now_ns: int, *, force: bool = False) -> None:
        if not self._held:
            return
        patient = len(self._held) < _MAX_HELD and now_ns - self._held_ns < _MAX_HOLD_NS
        if self._clock.uncertain and patient and not force:
            return
        held, self._held = self._held, []
        for ready in held:
            self._send(ready)

    def _send(self, ready: Ready) -> None:
        stats = self.stats
        timestamp, track, codec, keyframe, data, rotation, redundant, channels = ready
        pts_ns = self._clock.place(timestamp) - self._around.origin_ns
        stats.add_skew(self._clock.error_ns)
        last = stats.last_pts_ns
        if last is not None:
            pts_ns = max(pts_ns, last)
            gap_ns = pts_ns - last
            if self.lost:
                self._thaw(gap_ns)
            elif gap_ns < _LONGEST_SPACING_NS:
                self.spacing_ns += (gap_ns - self.spacing_ns) >> 3
        stats.last_pts_ns = pts_ns
        stats.frames += 1
        stats.keyframes += keyframe
        self._around.emit(EncodedFrame(track, codec, pts_ns, keyframe, data, rotation, redundant, channels))

    def _thaw(self, gap_ns: int) -> None:
        self.lost = False
        if gap_ns - self.spacing_ns > _FREEZE_NS:
            self.stats.freezes += 1
            self.stats.longest_freeze_ns = max(self.stats.longest_freeze_ns, gap_ns)
