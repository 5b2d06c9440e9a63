"""Where a track's frames leave for the mixer: in order, each at its capture time, never backwards."""

from typing import NamedTuple

from bot.receive.clock import TrackClock
from bot.receive.settings import MILLISECOND_NS, SECOND_NS
from bot.receive.stats import TrackStats
from bot.receive.surroundings import Break, Surroundings
from mixer.frame import Codec, EncodedFrame

_MAX_HELD = 64
_MAX_HOLD_NS = 300 * MILLISECOND_NS
_FREEZE_NS = 200 * MILLISECOND_NS
_SHORT_NS = 50 * MILLISECOND_NS  # sound that is missing for less is a click or two: counted, but not told of each time
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
                self._thaw(ready, last, pts_ns)
            elif gap_ns < _LONGEST_SPACING_NS:
                self.spacing_ns += (gap_ns - self.spacing_ns) >> 3
        stats.last_pts_ns = pts_ns
        stats.frames += 1
        stats.keyframes += keyframe
        self._around.emit(EncodedFrame(track, codec, pts_ns, keyframe, data, rotation, redundant, channels))

    def _thaw(self, ready: Ready, last_ns: int, pts_ns: int) -> None:
        self.lost = False
        stats, gap_ns = self.stats, pts_ns - last_ns
        missing_ns = gap_ns - self.spacing_ns
        frozen = missing_ns > _FREEZE_NS
        if frozen:
            stats.freezes += 1
            stats.longest_freeze_ns = max(stats.longest_freeze_ns, gap_ns)
        if frozen or ready.codec.is_audio:
            stats.missing_ns += max(0, missing_ns)
        if missing_ns > (_SHORT_NS if ready.codec.is_audio else _FREEZE_NS):
            self._around.breaks.append(Break(ready.track, pts_ns - missing_ns, pts_ns))
