"""Which libavcodec decoder takes which codec, and how it is set up so that no frame waits inside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from av.codec import Codec as LibavCodec
from av.codec.codec import UnknownCodecError

from mixer.decode import vp9_header
from mixer.errors import DecoderMissing
from mixer.frame import Codec


@dataclass(frozen=True, slots=True)
class VideoCodec:
    decoder: str
    options: Mapping[str, str] = field(default_factory=dict)
    strictness: Mapping[str, str] = field(default_factory=dict)  # left out for a sender that does not stand it
    checked: Callable[[bytes], bytes] | None = None  # what of a frame may be decoded; ValueError: nothing


# A corrupt header may claim any size; 4096x4096 is more than any layer of a conference.
MAX_PIXELS = 4096 * 4096


def require_decoders() -> None:
    """Raises DecoderMissing: better before a recording than in it."""
    for codec, entry in VIDEO_CODECS.items():
        try:
            LibavCodec(entry.decoder, "r")
        except UnknownCodecError:
            raise DecoderMissing(
                f"libavcodec has no decoder {entry.decoder!r} for {codec.upper()}; install the av package from PyPI."
            ) from None


VIDEO_CODECS: Mapping[Codec, VideoCodec] = {
    Codec.VP8: VideoCodec("vp8"),
    # Not FFmpeg's own: that one stops after the first spatial layer of an SVC frame. The cost is the same (measured).
    Codec.VP9: VideoCodec("libvpx-vp9", checked=lambda data: vp9_header.checked(data, MAX_PIXELS)),
    # low_delay: never hold a picture back for reordering (WebRTC sends no B-frames). explode: a damaged slice is an
    # error, not a concealed picture; it also minds oddities that harm nothing.
    Codec.H264: VideoCodec("h264", {"flags": "low_delay"}, {"err_detect": "explode"}),
    # FFmpeg's own decoder is hardware-only. One frame in flight: no picture of delay.
    Codec.AV1: VideoCodec("libdav1d", {"max_frame_delay": "1"}),
}
