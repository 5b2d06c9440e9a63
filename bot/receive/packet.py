"""One RTP packet (RFC 3550 section 5.1) and its header extensions (RFC 8285)."""

import struct
from typing import Final

_HEADER: Final = struct.Struct("!BBHII")
_PROFILE: Final = struct.Struct("!HH")
_ONE_BYTE: Final = 0xBEDE
_TWO_BYTE: Final = 0x1000
_NO_EXTENSIONS: Final[dict[int, bytes]] = {}
_NONE: Final = (0, b"", 0, 0)


class Packet:
    """`sequence` is 16 bits as it came until the track's receiver puts the extended number in its place."""

    __slots__ = ("_elements", "arrival_ns", "marker", "payload", "payload_type", "sequence", "ssrc", "timestamp")

    def __init__(  # noqa: PLR0917 - made for every packet: keywords cost a third more
        self,
        payload_type: int,
        marker: bool,
        sequence: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        arrival_ns: int,
        elements: tuple[int, bytes, int, int] = _NONE,
    ) -> None:
        """`elements`: the extensions' profile, and the bytes that hold them from where to where."""
        self.payload_type = payload_type
        self.marker = marker
        self.sequence = sequence
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.payload = payload  # empty in a packet that is only padding
        self.arrival_ns = arrival_ns
        self._elements = elements

    @property
    def extensions(self) -> dict[int, bytes]:
        """By id; not to be written to. Most packets are never asked, so they are read only now."""
        return parse_extensions(*self._elements)


def parse_packet(data: bytes, arrival_ns: int) -> Packet | None:  # noqa: PLR0911 - one a rule
    """None for anything that is not whole RTP version 2."""
    size = len(data)
    if size < 12:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if first >> 6 != 2:
        return None
    start = 12 + 4 * (first & 0x0F)
    elements = _NONE
    if first & 0x10:
        if size < start + 4:
            return None
        profile, words = _PROFILE.unpack_from(data, start)
        start += 4
        end = start + 4 * words
        if end > size:
            return None
        if words:
            elements = (profile, data, start, end)
        start = end
    if first & 0x20:
        padding = data[-1]
        size -= padding
        if not padding:
            return None
    if size < start:
        return None
    return Packet(second & 0x7F, second > 127, sequence, timestamp, ssrc, data[start:size], arrival_ns, elements)


def parse_extensions(profile: int, data: bytes, position: int, end: int) -> dict[int, bytes]:
    """Elements between `position` and `end` by id. What is cut off or of an unknown profile is left out."""
    if profile == _ONE_BYTE:
        return _one_byte(data, position, end)
    if profile & 0xFFF0 == _TWO_BYTE:
        return _two_byte(data, position, end)
    return _NO_EXTENSIONS


def _one_byte(data: bytes, position: int, end: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while position < end:
        head = data[position]
        position += 1
        if head:
            number = head >> 4
            if number == 15:  # reserved: stop here (RFC 8285 section 4.2)
                break
            after = position + (head & 0x0F) + 1
            if after > end:
                break
            found[number] = data[position:after]
            position = after
    return found


def _two_byte(data: bytes, position: int, end: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while position + 1 < end:
        number = data[position]
        if not number:
            position += 1
            continue
        after = position + 2 + data[position + 1]
        if after > end:
            break
        found[number] = data[position + 2 : after]
        position = after
    return found
