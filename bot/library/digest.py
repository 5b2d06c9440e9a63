"""A file's SHA-256, without driving everybody else's pages out of the memory."""

import contextlib
import errno
import hashlib
import os
from io import FileIO
from pathlib import Path

SPAN = 64 << 20  # bytes, after which their pages are given back
_AT_ONCE = 1 << 20


def sha256_of(path: Path) -> tuple[str, int]:
    """Hexadecimal, and how many bytes it is of. Raises OSError."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb", buffering=0) as file:
        while count := _add(digest, file, SPAN):
            if count == SPAN:
                _give_back(file, done, count)
            done += count
    return digest.hexdigest(), done


def add_span(digest: "hashlib._Hash", path: Path, offset: int, length: int) -> None:
    """So many bytes of a file, from there. Raises OSError, also when there are less."""
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        count = _add(digest, file, length)
        _give_back(file, offset, count)
    if count < length:
        raise OSError(errno.ENODATA, "It has become shorter", str(path))


def _add(digest: "hashlib._Hash", file: FileIO, most: int) -> int:
    """How many bytes there were, up to `most`."""
    block, left = memoryview(bytearray(min(_AT_ONCE, most))), most
    while left and (count := file.readinto(block[:left])):
        digest.update(block[:count])
        left -= count
    return most - left


def _give_back(file: FileIO, offset: int, length: int) -> None:
    with contextlib.suppress(OSError):
        os.posix_fadvise(file.fileno(), offset, length, os.POSIX_FADV_DONTNEED)
