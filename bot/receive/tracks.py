"""The tracks that are bound now, their participants' clocks, and the statistics of those that ended."""

from bot.receive.audio_track import AudioTrack
from bot.receive.clock import ParticipantClock
from bot.receive.format import Format, Use
from bot.receive.routing import AnyTrack
from bot.receive.stats import TrackStats
from bot.receive.surroundings import Feedback, Surroundings
from bot.receive.video_track import VideoTrack
from signaling.media import Section
from signaling.model import TrackKind


class Tracks:
    """Owned by the receiver, shared by its connections. A track belongs to the connection that bound it last."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._clocks: dict[str, ParticipantClock] = {}
        self._participants: dict[str, str] = {}
        self._ended: dict[str, TrackStats] = {}
        self._skews: dict[str, int] = {}
        self.bound: dict[str, AnyTrack] = {}
        self.pending: set[AnyTrack] = set()  # to be polled
        self.forgotten = 0

    def claim(self, track: str, section: Section, formats: dict[int, Format], owner: Feedback) -> AnyTrack:
        found = self.bound.get(track)
        if found is None:
            found = self.bound[track] = self._open(track, section, formats)
        found.bind(owner, formats, section.extensions)
        return found

    def release(self, track: AnyTrack, owner: Feedback, now_ns: int) -> None:
        """Does nothing when another connection has it by now."""
        if track.feedback is not owner or self.bound.get(track.id) is not track:
            return
        track.finish(now_ns)
        track.feedback = None
        self.pending.discard(track)
        del self.bound[track.id]
        participant = self._participants.pop(track.id)
        clock = self._clocks[participant]
        clock.release(track.clock)
        if clock.idle:
            del self._clocks[participant]
        track.snapshot()
        self._ended[track.id] = track.stats
        if len(self._ended) > self._around.settings.max_tracks_kept:
            del self._ended[next(iter(self._ended))]
            self.forgotten += 1

    def measure_skews(self) -> None:
        """How far every participant's sound and picture are apart now, as they are placed. Ten times a second: what is
        placed moves 2 ms in one."""
        placed: dict[tuple[str, bool], int] = {}
        for track, bound in self.bound.items():
            if not bound.stats.silent:
                placed.setdefault((self._participants[track], bound.clock.audio), bound.clock.error_ns)
        for (participant, audio), sound_ns in placed.items():
            picture_ns = placed.get((participant, False)) if audio else None
            if picture_ns is not None:
                self._keep_skew(participant, abs(sound_ns - picture_ns))

    def _keep_skew(self, participant: str, skew_ns: int) -> None:
        self._skews[participant] = max(skew_ns, self._skews.pop(participant, 0))
        if len(self._skews) > self._around.settings.max_tracks_kept:
            del self._skews[next(iter(self._skews))]

    def skews(self) -> dict[str, int]:
        """The worst, by participant, of those who had both."""
        return dict(self._skews)

    def stats(self) -> dict[str, TrackStats]:
        """Ended ones too."""
        ended = {track: stats.snapshot() for track, stats in self._ended.items()}
        return ended | {track: bound.snapshot() for track, bound in self.bound.items()}

    def _open(self, track: str, section: Section, formats: dict[int, Format]) -> AnyTrack:
        participant = self._participants[track] = section.participant or f"track {track}"
        participant_clock = self._clocks.setdefault(participant, ParticipantClock())
        audio = section.kind is TrackKind.AUDIO
        rate = next((form.clock_rate for form in formats.values() if form.use is Use.MEDIA), 48000 if audio else 90000)
        clock = participant_clock.track(rate, audio=audio)
        opened = (AudioTrack if audio else VideoTrack)(track, clock, self._around)
        before = self._ended.pop(track, None)
        if before is not None:
            opened.resume(before)
        return opened
