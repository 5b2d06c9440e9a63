"""A span of a file, read and summed. For threads: reading and summing release the interpreter's lock."""

import hashlib
import os
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import DeliveryError

_STRIDE = 1 << 20  # bytes held at once where nothing needs them all


@dataclass(frozen=True, slots=True)
class Piece:
    data: bytes = field(repr=False)
    crc32: int
    md5: bytes  # demanded by stores, for their comparison alone


def read_piece(path: Path, offset: int, length: int) -> Piece:
    """Raises DeliveryError when the file is not there, or shorter."""
    data = _read(path, offset, length)
    return Piece(data, zlib.crc32(data), hashlib.md5(data, usedforsecurity=False).digest())


def crc32_of_span(path: Path, offset: int, length: int, crc32: int = 0) -> int:
    """The same without keeping the bytes: 1.5 GB/s, three times as fast as MD5. `crc32`: of what comes before."""
    for start in range(offset, offset + length, _STRIDE):
        crc32 = zlib.crc32(_read(path, start, min(_STRIDE, offset + length - start)), crc32)
    return crc32


def stamp_of(path: Path) -> tuple[int, int]:
    """Bytes, and when it was written last in nanoseconds; 0 and 0 for a file that is not there."""
    try:
        facts = path.stat()
    except OSError:
        return 0, 0
    return facts.st_size, facts.st_mtime_ns


def size_of(path: Path) -> int:
    """0 for a file that is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _read(path: Path, offset: int, length: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            data = os.pread(descriptor, length, offset)
            while len(data) < length and (more := os.pread(descriptor, length - len(data), offset + len(data))):
                data += more
        finally:
            os.close(descriptor)
    except OSError as error:
        raise DeliveryError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    if len(data) < length:
        raise DeliveryError(f"{path.name} has become shorter: {offset + len(data)} bytes instead of {offset + length}.")
    return data
