"""VP9 (RFC 9628), with spatial and temporal layers, flexible and non-flexible mode."""

import struct
from collections.abc import Sequence

from bot.receive.depayload.assembly import Assembly


class _Header:
    """The payload descriptor (section 4.2). Raises IndexError when it is cut off."""

    __slots__ = (
        "base",
        "distances",
        "flags",
        "inter_layer",
        "picture",
        "picture_bits",
        "size",
        "spatial",
        "switch",
        "temporal",
    )

    def __init__(self, payload: bytes) -> None:
        self.flags = flags = payload[0]
        self.picture: int | None = None
        self.picture_bits = 7
        self.base: int | None = None
        self.temporal = self.spatial = 0
        self.switch = self.inter_layer = False
        self.distances: tuple[int, ...] = ()
        position = 1
        if flags & 0x80:
            self.picture = payload[1] & 0x7F
            position = 2
            if payload[1] & 0x80:
                self.picture, self.picture_bits = self.picture << 8 | payload[2], 15
                position = 3
        if flags & 0x20:
            layers = payload[position]
            position += 1
            self.temporal, self.spatial = layers >> 5, layers >> 1 & 7
            self.switch, self.inter_layer = bool(layers & 0x10), bool(layers & 1)
            if not flags & 0x10:
                self.base = payload[position]
                position += 1
        if flags & 0x50 == 0x50:
            position = self._references(payload, position)
        if flags & 0x02:
            position = _skip_structure(payload, position)
        self.size = position

    def _references(self, payload: bytes, position: int) -> int:
        distances = []
        for _ in range(3):
            distances.append(payload[position] >> 1)
            position += 1
            if not payload[position - 1] & 1:
                break
        self.distances = tuple(distances)
        return position


def _skip_structure(payload: bytes, position: int) -> int:
    """The scalability structure (section 4.2.1): sizes of layers and the pattern of references."""
    flags = payload[position]
    position += 1
    if flags & 0x10:
        position += 4 * ((flags >> 5) + 1)
    if flags & 0x08:
        pictures = payload[position]
        position += 1
        for _ in range(pictures):
            position += 1 + (payload[position] >> 2 & 3)
    return position


class Vp9:
    def starts(self, payload: bytes) -> bool:
        """A picture begins with the beginning (B) of its lowest spatial layer."""
        if not payload[0] & 0x08:
            return False
        try:
            header = _Header(payload)
        except IndexError:
            return False
        return header.spatial == 0 or not header.inter_layer

    def assemble(self, payloads: Sequence[bytes], headers: Sequence[bytes]) -> Assembly | None:
        del headers
        layers: list[list[bytes]] = []
        distances: set[int] = set()
        try:
            first = _Header(payloads[0])
            for payload in payloads:
                part = _Header(payload)
                if part.flags & 0x08:
                    layers.append([])
                    distances.update(part.distances)
                layers[-1].append(payload[part.size :])
        except IndexError:
            return None
        frames = [b"".join(parts) for parts in layers]
        if not frames or not all(frames):
            return None
        frame = self._assembly(first)
        frame.data = frames[0] if len(frames) == 1 else _superframe(frames)
        if first.flags & 0x10 and first.picture is not None:
            frame.references = tuple(sorted(distances))
        return frame

    def peek(self, payload: bytes) -> Assembly | None:
        try:
            return self._assembly(_Header(payload))
        except IndexError:
            return None

    def _assembly(self, header: _Header) -> Assembly:
        frame = Assembly(b"", keyframe=not header.flags & 0x40 and not header.inter_layer and bool(header.flags & 0x08))
        frame.picture, frame.picture_bits = header.picture, header.picture_bits
        frame.base = header.base
        frame.layer = header.temporal
        frame.switch = header.switch
        return frame


def _superframe(frames: list[bytes]) -> bytes:
    """Layers of one picture with the index that lets any decoder find them (VP9 bitstream specification, Annex B)."""
    width = max(1, (max(map(len, frames)).bit_length() + 7) // 8)
    marker = bytes([0xC0 | (width - 1) << 3 | (len(frames) - 1) & 7])
    sizes = b"".join(struct.pack("<I", len(frame))[:width] for frame in frames)
    return b"".join(frames) + marker + sizes + marker
