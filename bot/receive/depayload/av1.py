"""AV1 (RTP payload format 1.0): OBU elements -> a temporal unit in the low-overhead format with size fields."""

from collections.abc import Sequence

from bot.receive.depayload.assembly import Assembly
from bot.receive.depayload.dependency import DependencyReader

_DELIMITER = b"\x12\x00"
_DROPPED = frozenset({2, 8, 15})  # temporal delimiter, tile list, padding: not to be sent (section 5)
_SEQUENCE_HEADER = 1


class Av1:
    """Keeps the dependency descriptor's templates (Appendix A), which only some frames carry."""

    def __init__(self) -> None:
        self._dependencies = DependencyReader()

    def starts(self, payload: bytes) -> bool:
        return not payload[0] & 0x80  # Z: does not go on with an OBU of the packet before

    def assemble(self, payloads: Sequence[bytes], headers: Sequence[bytes]) -> Assembly | None:
        if not self.starts(payloads[0]):
            return None
        try:
            units = _obus(payloads)
        except IndexError:
            return None
        data = b"".join(map(_with_size, units))
        if not data:
            return None
        keyframe = bool(payloads[0][0] & 0x08) or any(unit[0] >> 3 & 0x0F == _SEQUENCE_HEADER for unit in units if unit)
        frame = Assembly(_DELIMITER + data, keyframe=keyframe)
        if headers:
            self._dependencies.describe(headers, frame)
        return frame

    def peek(self, payload: bytes) -> Assembly | None:
        del payload
        return None


def _obus(payloads: Sequence[bytes]) -> list[bytes]:
    """Section 4.4. Raises IndexError when a length is wrong or a fragment has no beginning."""
    units: list[bytes] = []
    open_fragment = False
    for payload in payloads:
        elements = _elements(payload)
        if bool(payload[0] & 0x80) != open_fragment:
            raise IndexError
        if open_fragment:
            units[-1] += elements[0]
            elements = elements[1:]
        units += elements
        open_fragment = bool(payload[0] & 0x40)
    if open_fragment:
        raise IndexError
    return units


def _elements(payload: bytes) -> list[bytes]:
    count = payload[0] >> 4 & 3
    elements: list[bytes] = []
    position = 1
    while position < len(payload):
        if count and len(elements) == count - 1:
            size = len(payload) - position
        else:
            size, position = _leb128(payload, position)
        if position + size > len(payload):
            raise IndexError
        elements.append(payload[position : position + size])
        position += size
    if not elements or (count and len(elements) != count):
        raise IndexError
    return elements


def _leb128(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 56, 7):
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, position
    raise IndexError


def _with_size(unit: bytes) -> bytes:
    if not unit or unit[0] >> 3 & 0x0F in _DROPPED:
        return b""
    head = 2 if unit[0] & 0x04 else 1
    if unit[0] & 0x02:  # has its size already
        return unit
    size = len(unit) - head
    encoded = bytearray()
    while True:
        encoded.append(size & 0x7F | (0x80 if size > 0x7F else 0))
        size >>= 7
        if not size:
            break
    return bytes([unit[0] | 0x02]) + unit[1:head] + encoded + unit[head:]
