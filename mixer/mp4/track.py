"""What a file says about one of its tracks before any sample of it."""

import struct
from dataclasses import dataclass

from mixer.mp4.box import box, full_box

PICTURE = b"vide"
SOUND = b"soun"
TEXT = b"text"

_AAC = 0x40  # objectTypeIndication "Audio ISO/IEC 14496-3"
_AUDIO_STREAM = 0x15  # streamType 5 (audio), not upstream, reserved bit set
_72_DPI = 0x00480000


@dataclass(frozen=True, slots=True)
class Track:
    """`entry` is the sample description, a whole box. `media_start` is the media time that is shown at time 0: what
    lies before it is the encoder's priming (sound) or its reordering delay (picture). Media times are in
    `timescale`."""

    id: int
    handler: bytes
    timescale: int
    entry: bytes
    media_start: int = 0
    width: int = 0
    height: int = 0


def avc1(width: int, height: int, configuration: bytes) -> bytes:
    """H.264 with parameter sets out of band (14496-15 §5.4). `configuration` is the AVCDecoderConfigurationRecord;
    the colours are BT.709, limited range."""
    return box(
        b"avc1",
        struct.pack(">6xH16xHHII4xH32sHh", 1, width, height, _72_DPI, _72_DPI, 1, b"", 24, -1),
        box(b"avcC", configuration),
        box(b"colr", struct.pack(">4sHHHB", b"nclx", 1, 1, 1, 0)),
        box(b"pasp", struct.pack(">II", 1, 1)),
    )


def mp4a(channels: int, sample_rate: int, bitrate: int, configuration: bytes) -> bytes:
    """AAC (14496-14 §5.6). `configuration` is the AudioSpecificConfig."""
    specific = _descriptor(5, configuration)
    decoder = _descriptor(4, struct.pack(">BBBHII", _AAC, _AUDIO_STREAM, 0, 0x1800, bitrate, bitrate), specific)
    stream = _descriptor(3, struct.pack(">HB", 0, 0), decoder, _descriptor(6, b"\x02"))
    head = struct.pack(">6xH8xHH4xI", 1, channels, 16, sample_rate << 16)
    return box(b"mp4a", head, full_box(b"esds", 0, 0, stream))


def _descriptor(tag: int, *payload: bytes) -> bytes:
    """14496-1 §8.3.3, the length in four bytes of seven bits, as players expect it."""
    body = b"".join(payload)
    length = bytes((len(body) >> shift & 0x7F) | (0x80 if shift else 0) for shift in (21, 14, 7, 0))
    return bytes((tag,)) + length + body
