"""How a track is encoded, in words, read from its sample description."""

import struct
from dataclasses import dataclass

from mixer.mp4.box import boxes, child

_NAMES = {
    b"avc1": "h264", b"avc3": "h264", b"hvc1": "hevc", b"hev1": "hevc", b"av01": "av1", b"vp08": "vp8", b"vp09": "vp9",
    b"mp4v": "mpeg4", b"mp4a": "aac", b"Opus": "opus", b"fLaC": "flac", b"ac-3": "ac3", b"alac": "alac",
}  # fmt: skip
_H264_PROFILES = {
    66: "Baseline",
    77: "Main",
    88: "Extended",
    100: "High",
    110: "High 10",
    122: "High 4:2:2",
    244: "High 4:4:4",
}
_AAC_PROFILES = {1: "Main", 2: "LC", 5: "HE", 29: "HE v2", 42: "xHE"}
_MP3 = {0x69: "mp3", 0x6B: "mp3"}  # objectTypeIndication
_VIDEO_HEAD, _AUDIO_HEAD = 78, 28  # bytes before the boxes inside a sample entry
_AUDIO = frozenset({b"mp4a", b"Opus", b"fLaC", b"ac-3", b"alac"})


@dataclass(frozen=True, slots=True)
class EncodedAs:
    """Empty and 0 where it does not apply or is not said."""

    name: str
    profile: str = ""
    channels: int = 0
    sample_rate: int = 0


def describe(entry: bytes) -> EncodedAs:
    """`entry` is a sample entry, a whole box (ISO/IEC 14496-12 §8.5.2). An unknown one is named by its letters."""
    box = next(boxes(entry), None)
    if box is None:
        return EncodedAs("unknown")
    payload = box.within(entry)
    name = _NAMES.get(box.kind, box.kind.decode("latin-1").strip())
    if box.kind in _AUDIO and len(payload) >= _AUDIO_HEAD:
        return _sound(name, payload)
    configuration = child(payload[_VIDEO_HEAD:], b"avcC")
    profile = _H264_PROFILES.get(configuration[1], "") if configuration and len(configuration) > 1 else ""
    return EncodedAs(name, profile)


def decoder_configuration(entry: bytes) -> bytes:
    """What a decoder must know before the first sample: of H.264 the AVCDecoderConfigurationRecord, of AAC the
    AudioSpecificConfig. Empty where it is not known."""
    box = next(boxes(entry), None)
    if box is None:
        return b""
    payload = box.within(entry)
    if box.kind in _AUDIO:
        stream = child(payload[_AUDIO_HEAD:], b"esds")
        return _elementary(stream[4:])[1] if stream else b""
    return child(payload[_VIDEO_HEAD:], b"avcC") or b""


def _sound(name: str, payload: bytes) -> EncodedAs:
    channels, rate = struct.unpack_from(">H6xI", payload, 16)
    stream = child(payload[_AUDIO_HEAD:], b"esds")
    object_type, configuration = _elementary(stream[4:]) if stream else (0, b"")
    kind = _object_kind(configuration) if configuration else 0
    return EncodedAs(_MP3.get(object_type, name), _AAC_PROFILES.get(kind, ""), channels, rate >> 16)


def _elementary(descriptors: bytes) -> tuple[int, bytes]:
    """(objectTypeIndication, AudioSpecificConfig) of an ES descriptor (14496-1 §7.2.6.5); 0 and empty if not said."""
    object_type = 0
    position = 0
    inside = {3: 3, 4: 13}  # what comes before the descriptors within one of these, by tag
    while position + 2 <= len(descriptors):
        tag = descriptors[position]
        position, length = _length(descriptors, position + 1)
        if tag == 5:
            return object_type, descriptors[position : position + length]
        if tag == 4 and position < len(descriptors):
            object_type = descriptors[position]
        if tag not in inside:
            break
        position += inside[tag]
    return object_type, b""


def _length(descriptors: bytes, position: int) -> tuple[int, int]:
    """(where the descriptor's payload begins, how long it is): seven bits a byte, the highest says that one more
    comes (14496-1 §8.3.3)."""
    length = 0
    while position < len(descriptors):
        byte = descriptors[position]
        position += 1
        length = length << 7 | byte & 0x7F
        if not byte & 0x80:
            break
    return position, length


def _object_kind(configuration: bytes) -> int:
    kind = configuration[0] >> 3
    if kind == 31 and len(configuration) > 1:  # escape: six more bits
        kind = 32 + ((configuration[0] & 7) << 3 | configuration[1] >> 5)
    return kind
