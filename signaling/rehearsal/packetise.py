"""Encoded frames to RTP payloads, one function a codec: pure, no state but what the caller passes in.

VP8: RFC 7741. VP9: RFC 9628, non-flexible mode. H264: RFC 6184, packetization-mode 1. AV1: the RTP payload format of
AOMedia. Opus and the others go as they are; RED: RFC 2198.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from signaling.rehearsal.encoding import VideoCodec

PAYLOAD_BYTES = 1_160  # leaves room for the header, its extensions and SRTP's tag below 1,280 bytes of IP


@dataclass(frozen=True, slots=True)
class FrameInfo:
    """What a payload descriptor says beside the frame itself. `picture` counts frames, 15 bits of it are sent."""

    picture: int
    keyframe: bool
    width: int
    height: int


def packetise(codec: VideoCodec, frame: bytes, info: FrameInfo) -> list[bytes]:
    """Payloads of one frame in sending order; the last one carries the marker bit."""
    return _PACKETISERS[codec](frame, info)


def _vp8(frame: bytes, info: FrameInfo) -> list[bytes]:
    # X; then I, L, T; PictureID of 15 bits; TL0PICIDX: every frame is of the base layer; TID 0.
    tail = bytes((0b1110_0000, 0x80 | info.picture >> 8 & 0x7F, info.picture & 0xFF, info.picture & 0xFF, 0))
    parts = _slices(frame, PAYLOAD_BYTES - 6)
    return [bytes((0x80 | (0x10 if index == 0 else 0),)) + tail + part for index, part in enumerate(parts)]


def _vp9(frame: bytes, info: FrameInfo) -> list[bytes]:
    # I, P, B, E, V: the scalability structure (one layer, its size) comes with keyframes only.
    base = 0x80 | (0 if info.keyframe else 0x40)
    picture = bytes((0x80 | info.picture >> 8 & 0x7F, info.picture & 0xFF))
    structure = b""
    if info.keyframe:
        structure = b"\x10" + info.width.to_bytes(2, "big") + info.height.to_bytes(2, "big")
    parts = _slices(frame, PAYLOAD_BYTES - 8)
    payloads = []
    for index, part in enumerate(parts):
        first, last = index == 0, index == len(parts) - 1
        flags = base | (0x08 if first else 0) | (0x04 if last else 0) | (0x02 if first and structure else 0)
        payloads.append(bytes((flags,)) + picture + (structure if first else b"") + part)
    return payloads


def _h264(frame: bytes, info: FrameInfo) -> list[bytes]:
    payloads: list[bytes] = []
    small: list[bytes] = []
    for unit in _nal_units(frame):
        if unit[0] & 0x1F == 9:  # access unit delimiters are not sent over RTP
            continue
        if len(unit) + sum(len(other) + 2 for other in small) + 3 > PAYLOAD_BYTES:
            payloads += _aggregate(small)
            small = []
        if len(unit) > PAYLOAD_BYTES:
            payloads += _fragment(unit)
        else:
            small.append(unit)
    return payloads + _aggregate(small)


def _aggregate(units: Sequence[bytes]) -> list[bytes]:
    """One NAL unit as it is, several as STAP-A (5.7.1)."""
    if len(units) < 2:
        return list(units)
    reference = max(unit[0] & 0x60 for unit in units)
    return [bytes((reference | 24,)) + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)]


def _fragment(unit: bytes) -> list[bytes]:
    """FU-A (5.8)."""
    indicator, kind = unit[0] & 0xE0 | 28, unit[0] & 0x1F
    parts = _slices(unit[1:], PAYLOAD_BYTES - 2)
    payloads = []
    for index, part in enumerate(parts):
        edges = (0x80 if index == 0 else 0) | (0x40 if index == len(parts) - 1 else 0)
        payloads.append(bytes((indicator, edges | kind)) + part)
    return payloads


def _nal_units(frame: bytes) -> list[bytes]:
    """Annex B: what lies between start codes, without the zeros around them (a NAL unit never ends in one)."""
    units = (part.rstrip(b"\x00") for part in frame.split(b"\x00\x00\x01")[1:])
    return [unit for unit in units if unit]


def _av1(frame: bytes, info: FrameInfo) -> list[bytes]:
    """Every element has its length in front (W = 0); the OBUs lose their own size fields (section 5)."""
    payloads: list[bytes] = []
    body, continues = bytearray(), False

    def close(next_continues: bool) -> None:
        nonlocal body, continues
        header = (0x80 if continues else 0) | (0x40 if next_continues else 0)
        payloads.append(bytes((header | (0x08 if info.keyframe and not payloads else 0),)) + bytes(body))
        body, continues = bytearray(), next_continues

    for unit in _obus(frame):
        rest = unit
        while rest:
            room = PAYLOAD_BYTES - 3 - len(body)
            if room < 16:
                close(next_continues=rest is not unit)
                continue
            part, rest = rest[:room], rest[room:]
            body += _leb128(len(part)) + part
            if rest:
                close(next_continues=True)
    if body:
        close(next_continues=False)
    return payloads


def _obus(unit: bytes) -> list[bytes]:
    """The OBUs of a temporal unit without size fields; temporal delimiters, tile lists and padding are left out."""
    found, offset = [], 0
    while offset < len(unit):
        head = unit[offset]
        start = offset + (2 if head & 0x04 else 1)
        extension = unit[offset + 1 : start]
        if head & 0x02:
            size, start = _read_leb128(unit, start)
        else:
            size = len(unit) - start
        if head >> 3 & 0xF not in {2, 8, 15}:
            found.append(bytes((head & ~0x02,)) + extension + unit[start : start + size])
        offset = start + size
    return found


def _leb128(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*encoded, value))


def _read_leb128(data: bytes, offset: int) -> tuple[int, int]:
    value = 0
    for index in range(8):
        value |= (data[offset + index] & 0x7F) << 7 * index
        if not data[offset + index] & 0x80:
            return value, offset + index + 1
    raise ValueError("not a length")


def redundant(payloads: Sequence[bytes], payload_type: int, ticks: int) -> bytes:
    """RED: the last of `payloads` is the packet's own, those before it are repeated, `ticks` of RTP time apart."""
    heads, count = bytearray(), len(payloads)
    for index, payload in enumerate(payloads[:-1]):
        distance = (count - 1 - index) * ticks
        heads += (0x80000000 | payload_type << 24 | distance << 10 | len(payload)).to_bytes(4, "big")
    return bytes(heads) + bytes((payload_type,)) + b"".join(payloads)


def _slices(data: bytes, size: int) -> list[bytes]:
    """Pieces of about the same length, none over `size`."""
    count = max(1, -(-len(data) // size))
    step = -(-len(data) // count)
    return [data[start : start + step] for start in range(0, len(data), step)]


_PACKETISERS: dict[VideoCodec, Callable[[bytes, FrameInfo], list[bytes]]] = {
    VideoCodec.VP8: _vp8,
    VideoCodec.VP9: _vp9,
    VideoCodec.H264: _h264,
    VideoCodec.AV1: _av1,
}
