"""What the generated room offers in its SDP: payload types, feedback and header extensions, as browsers number them."""

from dataclasses import dataclass

from signaling.media import CodecParameters, Section
from signaling.model import TrackKind
from signaling.rehearsal.encoding import SoundCodec, VideoCodec

MID_EXTENSION, TRANSPORT_EXTENSION = 1, 3
RED = 63

VIDEO_PAYLOADS = {VideoCodec.VP8: 96, VideoCodec.VP9: 98, VideoCodec.H264: 102, VideoCodec.AV1: 45}
SOUND_PAYLOADS = {SoundCodec.OPUS: 111, SoundCodec.PCMU: 0, SoundCodec.PCMA: 8, SoundCodec.G722: 9}

_FORMATS: dict[VideoCodec, dict[str, str]] = {
    VideoCodec.VP8: {},
    VideoCodec.VP9: {"profile-id": "0"},
    VideoCodec.H264: {"level-asymmetry-allowed": "1", "packetization-mode": "1", "profile-level-id": "42e01f"},
    VideoCodec.AV1: {"level-idx": "5", "profile": "0", "tier": "0"},
}


@dataclass(frozen=True, slots=True)
class Offered:
    """Which means of repair and of telling tracks apart the room offers. Off, one by one, for SFUs that lack them."""

    video_nack: bool = True
    sound_nack: bool = True
    rtx: bool = True
    transport_cc: bool = False
    remb: bool = False
    mid: bool = True
    ssrcs: bool = True  # a=ssrc lines

    def section(self, mid: str, kind: TrackKind) -> Section:
        """One m-line that carries nothing yet."""
        video = kind is TrackKind.VIDEO
        extensions = ({MID_EXTENSION: "urn:ietf:params:rtp-hdrext:sdes:mid"} if self.mid else {}) | (
            {TRANSPORT_EXTENSION: _TRANSPORT_CC} if self.transport_cc else {}
        )
        codecs = self._video_codecs() if video else self._sound_codecs()
        return Section(mid, kind, None, None, codecs, extensions=extensions)

    def repairs(self) -> dict[int, int]:
        """Payload type -> the payload type of its RTX."""
        return {payload: payload + 1 for payload in VIDEO_PAYLOADS.values()} if self.rtx else {}

    def _video_codecs(self) -> dict[int, CodecParameters]:
        feedback = self._feedback(("nack", "nack pli", "ccm fir") if self.video_nack else ("nack pli", "ccm fir"))
        codecs = {}
        for codec, payload in VIDEO_PAYLOADS.items():
            codecs[payload] = CodecParameters(codec.name, 90_000, parameters=_FORMATS[codec], feedback=feedback)
            if self.rtx:
                codecs[payload + 1] = CodecParameters("RTX", 90_000, parameters={"apt": str(payload)})
        return codecs

    def _sound_codecs(self) -> dict[int, CodecParameters]:
        feedback = self._feedback(("nack",) if self.sound_nack else ())
        stereo = {"minptime": "10", "useinbandfec": "1", "stereo": "1", "sprop-stereo": "1"}
        return {
            111: CodecParameters("OPUS", 48_000, 2, stereo, feedback),
            RED: CodecParameters("RED", 48_000, 2, {"111/111": ""}),
            0: CodecParameters("PCMU", 8_000),
            8: CodecParameters("PCMA", 8_000),
            9: CodecParameters("G722", 8_000),
        }

    def _feedback(self, base: tuple[str, ...]) -> tuple[str, ...]:
        return base + (("transport-cc",) if self.transport_cc else ()) + (("goog-remb",) if self.remb else ())


_TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
