"""Boxes, the grammar of MP4 (ISO/IEC 14496-12 §4.2): a size, four letters, a payload that may be boxes again."""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

HEADER = 8  # size and kind
LARGE_HEADER = 16  # size 1, kind, 64-bit size

Bytes = TypeVar("Bytes", bytes, memoryview)  # a view of tables of hours is not copied at each level


def box(kind: bytes, *payload: bytes) -> bytes:
    size = HEADER + sum(map(len, payload))
    return b"".join((struct.pack(">I4s", size, kind), *payload))


def full_box(kind: bytes, version: int, flags: int, *payload: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *payload)


def large_header(kind: bytes, size: int) -> bytes:
    """The header of a box of any size; `size` counts this header too."""
    return struct.pack(">I4sQ", 1, kind, size)


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies, in bytes from the beginning of the file or of the bytes it was found in."""

    kind: bytes
    start: int
    payload: int  # where its payload starts
    end: int  # one past its last byte; past the end of what it lies in when it was cut off

    def within(self, data: Bytes) -> Bytes:
        return data[self.payload : self.end]


def read_header(head: bytes | memoryview, start: int, limit: int) -> Box | None:
    """The box whose first (up to 16) bytes are `head`. None when these bytes are no header of a box."""
    if len(head) < HEADER:
        return None
    size, kind = struct.unpack_from(">I4s", head)
    header = HEADER
    if size == 1 and len(head) >= LARGE_HEADER:
        (size,) = struct.unpack_from(">Q", head, HEADER)
        header = LARGE_HEADER
    elif size == 0:  # to the end of the file
        size = limit - start
    if size < header or not _is_kind(kind):
        return None
    return Box(kind, start, start + header, start + size)


def _is_kind(kind: bytes) -> bool:
    return kind.isalnum() or all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in kind)


def boxes(data: bytes | memoryview, start: int = 0) -> Iterator[Box]:
    """The boxes that `data` holds from `start`, the whole ones only."""
    while (found := read_header(data[start : start + LARGE_HEADER], start, len(data))) and found.end <= len(data):
        yield found
        start = found.end


def child(data: Bytes, *path: bytes) -> Bytes | None:
    """The payload of the first box at `path`, each name one level deeper; None where there is none."""
    for kind in path:
        found = next((inner for inner in boxes(data) if inner.kind == kind), None)
        if found is None:
            return None
        data = found.within(data)
    return data


def file_boxes(descriptor: int, size: int, start: int = 0) -> Iterator[Box]:
    """The boxes of a file from `start`; the last one may reach beyond `size`: it was cut off."""
    while start < size and (found := read_header(os.pread(descriptor, LARGE_HEADER, start), start, size)):
        yield found
        start = found.end


def read_payload(descriptor: int, found: Box) -> bytes:
    return os.pread(descriptor, found.end - found.payload, found.payload)
