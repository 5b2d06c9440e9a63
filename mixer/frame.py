"""What comes into the mixer: one encoded frame of one track."""

from dataclasses import dataclass
from enum import StrEnum


class Codec(StrEnum):
    """Codecs a track can arrive in. A track may change codec from one frame to the next."""

    VP8 = "vp8"
    VP9 = "vp9"
    H264 = "h264"
    AV1 = "av1"
    OPUS = "opus"
    PCMU = "pcmu"
    PCMA = "pcma"
    G722 = "g722"

    @property
    def is_audio(self) -> bool:
        return self in _AUDIO


_AUDIO = frozenset({Codec.OPUS, Codec.PCMU, Codec.PCMA, Codec.G722})


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """One whole frame as the sender encoded it, depayloaded: VP8 or VP9 frame (several layers of VP9 as a superframe
    with its index), H264 Annex B access unit, AV1 temporal unit (low-overhead OBUs), or one audio packet's payload.
    `data` is never empty: an empty frame is a flush to FFmpeg.

    A video frame is handed over only when everything it refers to was handed over before it since the last keyframe,
    so the mixer never has to show a broken picture. Frames of one track come in decoding order.
    """

    track: str
    codec: Codec
    pts_ns: int  # capture time, nanoseconds since the recording began; may be negative just after a join
    keyframe: bool  # True for every audio frame
    data: bytes
    rotation: int = 0  # degrees clockwise the picture must be turned to be upright: 0, 90, 180, 270
    redundant: bool = False  # Opus only: `data` is the following packet; decode its in-band FEC for this pts
    channels: int = 1  # audio: as the SDP says (Opus: 2 when stereo is signalled); the decoder may find more
