"""VP8 (RFC 7741)."""

from collections.abc import Sequence

from bot.receive.depayload.assembly import Assembly


def descriptor_size(payload: bytes) -> int:
    """Octets before the VP8 data. Raises IndexError when the descriptor is cut off."""
    if not payload[0] & 0x80:
        return 1
    flags = payload[1]
    size = 2
    if flags & 0x80:
        size += 2 if payload[2] & 0x80 else 1
    return size + (flags >> 6 & 1) + bool(flags & 0x30)


class Vp8:
    """Section 4.2 (descriptor), 4.3 (payload header)."""

    def starts(self, payload: bytes) -> bool:
        return payload[0] & 0x17 == 0x10  # S set, partition 0

    def assemble(self, payloads: Sequence[bytes], headers: Sequence[bytes]) -> Assembly | None:
        del headers
        if not self.starts(payloads[0]):
            return None
        try:
            frame = self._describe(payloads[0])
            frame.data = b"".join([payload[descriptor_size(payload) :] for payload in payloads])
        except IndexError:
            return None
        return frame if frame.data else None

    def peek(self, payload: bytes) -> Assembly | None:
        try:
            return self._describe(payload)
        except IndexError:
            return None

    def _describe(self, payload: bytes) -> Assembly:
        size = descriptor_size(payload)
        start = payload[0] & 0x17 == 0x10
        frame = Assembly(b"", keyframe=start and not payload[size] & 1)
        frame.discardable = bool(payload[0] & 0x20)
        if not payload[0] & 0x80:
            return frame
        flags = payload[1]
        position = 2
        if flags & 0x80:
            if payload[2] & 0x80:
                frame.picture = (payload[2] & 0x7F) << 8 | payload[3]
                position = 4
            else:
                frame.picture, frame.picture_bits = payload[2], 7
                position = 3
        if flags & 0x40:
            frame.base = payload[position]
            position += 1
        if flags & 0x20:
            frame.layer = payload[position] >> 6
            frame.switch = bool(payload[position] & 0x20)
        return frame
