"""The rooms that receiving is measured in: how many send what."""

from dataclasses import dataclass

from signaling.media import CodecParameters, Section
from signaling.model import TrackKind

VP8, OPUS = 96, 111
MID, SEND_TIME = 1, 2
EXTENSIONS = {
    MID: "urn:ietf:params:rtp-hdrext:sdes:mid",
    SEND_TIME: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
}
VIDEO_CODECS = {VP8: CodecParameters("VP8", 90_000, feedback=("nack", "nack pli", "goog-remb"))}
AUDIO_CODECS = {OPUS: CodecParameters("OPUS", 48_000, 2)}


@dataclass(frozen=True, slots=True)
class Sending:
    """One track: pictures a second and their mean size, or Opus packets."""

    kind: TrackKind
    per_second: int
    bits_per_second: int

    @property
    def frame_bytes(self) -> int:
        return self.bits_per_second // self.per_second // 8


@dataclass(frozen=True, slots=True)
class BenchRoom:
    name: str
    tracks: tuple[Sending, ...]


def _cameras(count: int, bits: int) -> tuple[Sending, ...]:
    return (Sending(TrackKind.VIDEO, 30, bits),) * count


def _microphones(count: int) -> tuple[Sending, ...]:
    return (Sending(TrackKind.AUDIO, 50, 32_000),) * count


ROOMS = {
    "9+stage": BenchRoom(
        "9 cameras 720p, a 1080p stage, 10 microphones",
        _cameras(9, 1_200_000) + _cameras(1, 2_500_000) + _microphones(10),
    ),
    "25": BenchRoom("25 cameras 180p, 25 microphones", _cameras(25, 150_000) + _microphones(25)),
    "49": BenchRoom("49 cameras 180p, 49 microphones", _cameras(49, 150_000) + _microphones(49)),
}


def sections_of(room: BenchRoom) -> tuple[Section, ...]:
    """One m-line a track; the SSRC is told, as SFUs do."""
    return tuple(
        Section(
            mid=str(index),
            kind=track.kind,
            track=f"track{index}",
            participant=f"person{index}",
            codecs=VIDEO_CODECS if track.kind is TrackKind.VIDEO else AUDIO_CODECS,
            ssrcs=(1000 + index,),
            extensions=EXTENSIONS,
        )
        for index, track in enumerate(room.tracks)
    )
