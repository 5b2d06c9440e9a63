"""Where a track's frames leave for the mixer: in order, each at its capture time, never backwards."""

from typing import NamedTuple

from bot.receive.clock import TrackClock
from bot.receive.mute import Stretches, newest, without
from bot.receive.settings import MILLISECOND_NS, SECOND_NS
from bot.receive.stats import TrackStats
from bot.receive.surroundings import Break, Surroundings
from mixer.frame import Codec, EncodedFrame

_MAX_HELD = 64
_MAX_HOLD_NS = 300 * MILLISECOND_NS
_FREEZE_NS = 200 * MILLISECOND_NS
_SHORT_NS = 50 * MILLISECOND_NS  # sound that is missing for less is a click or two: counted, but not told of each time
_LONGEST_SPACING_NS = 5 * SECOND_NS  # more is a pause
_MOST_PAUSES = 16


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
        self._held: list[tuple[Ready, int | None]] = []
        self._held_ns = 0
        self.spacing_ns = 0  # usual time between frames
        self._lost_ns: int | None = None  # not None: frames are missing since the last one, of sound so much
        self._unsent: Stretches = []  # local times; of pictures, since the last one

    @property
    def holding(self) -> bool:
        return bool(self._held)

    def lose(self, length_ns: int = 0) -> None:
        """Something is missing before the next frame; of sound so much, of pictures all until the next one that can be
        shown, but for what was not sent."""
        self._lost_ns = (self._lost_ns or 0) + length_ns

    def pause(self, from_ns: int, to_ns: int) -> None:
        """Nothing was sent in that (local) time."""
        self._unsent = [*self._unsent[1 - _MOST_PAUSES :], (from_ns, to_ns)]

    def put(self, ready: Ready, now_ns: int) -> None:
        lost_ns, self._lost_ns = self._lost_ns, None
        if not self._held and not self._clock.uncertain:
            self._send(ready, lost_ns)
            return
        if not self._held:
            self._held_ns = now_ns
        self._held.append((ready, lost_ns))
        self.release(now_ns)

    def release(self, now_ns: int, *, force: bool = False) -> None:
        if not self._held:
            return
        patient = len(self._held) < _MAX_HELD and now_ns - self._held_ns < _MAX_HOLD_NS
        if self._clock.uncertain and patient and not force:
            return
        held, self._held = self._held, []
        for ready, lost_ns in held:
            self._send(ready, lost_ns)

    def _send(self, ready: Ready, lost_ns: int | None) -> None:
        stats = self.stats
        timestamp, track, codec, keyframe, data, rotation, redundant, channels = ready
        pts_ns = self._clock.place(timestamp) - self._around.origin_ns
        stats.add_skew(self._clock.error_ns)
        last = stats.last_pts_ns
        if last is not None:
            pts_ns = max(pts_ns, last)
            gap_ns = pts_ns - last
            if lost_ns is not None:
                self._thaw(ready, lost_ns, last, pts_ns)
            elif gap_ns < _LONGEST_SPACING_NS:
                self.spacing_ns += (gap_ns - self.spacing_ns) >> 3
        if self._unsent:
            placed_ns = pts_ns + self._around.origin_ns
            self._unsent = [pause for pause in self._unsent if pause[1] > placed_ns]
        stats.last_pts_ns = pts_ns
        stats.frames += 1
        stats.keyframes += keyframe
        self._around.emit(EncodedFrame(track, codec, pts_ns, keyframe, data, rotation, redundant, channels))

    def _thaw(self, ready: Ready, lost_ns: int, last_ns: int, pts_ns: int) -> None:
        stats, sound = self.stats, ready.codec.is_audio
        missing = self._missing(ready, lost_ns, last_ns, pts_ns)
        missing_ns = sum(to_ns - from_ns for from_ns, to_ns in missing)
        frozen = missing_ns > _FREEZE_NS
        if frozen:
            stats.freezes += 1
            stood_ns = missing_ns if sound else min(pts_ns - last_ns, missing_ns + self.spacing_ns)
            stats.longest_freeze_ns = max(stats.longest_freeze_ns, stood_ns)
        if frozen or sound:
            stats.missing_ns += missing_ns
        if missing_ns > (_SHORT_NS if sound else _FREEZE_NS):
            told = ((from_ns, to_ns) for from_ns, to_ns in missing if to_ns - from_ns > _SHORT_NS)
            self._around.breaks.extend(Break(ready.track, *stretch) for stretch in told)

    def _missing(self, ready: Ready, lost_ns: int, last_ns: int, pts_ns: int) -> Stretches:
        """In pts. Where in a silence sound was lost nobody can tell: as late as it can be."""
        around, sound = self._around, ready.codec.is_audio
        unsent = [*around.mutes.of(ready.track, pts_ns + around.origin_ns), *self._unsent]
        since_ns = last_ns if sound else last_ns + self.spacing_ns
        heard = without(since_ns, pts_ns, [(a - around.origin_ns, b - around.origin_ns) for a, b in unsent])
        return newest(heard, lost_ns) if sound else heard
