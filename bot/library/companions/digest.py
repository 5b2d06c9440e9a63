"""A file's SHA-256, without driving everybody else's pages out of the memory."""

import contextlib
import errno
import hashlib
import os
from pathlib import Path

_AT_ONCE = 1 << 20  # bytes
_FORGET_EVERY = 64 << 20


def sha256_of(path: Path) -> tuple[str, int]:
    """Hexadecimal, and how many bytes it is of. Raises OSError."""
    digest, block = hashlib.sha256(), bytearray(_AT_ONCE)
    done = forgotten = 0
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(block):
            digest.update(memoryview(block)[:count])
            done += count
            if done - forgotten >= _FORGET_EVERY:
                with contextlib.suppress(OSError):
                    os.posix_fadvise(file.fileno(), forgotten, done - forgotten, os.POSIX_FADV_DONTNEED)
                forgotten = done
    return digest.hexdigest(), done


def add_span(digest: "hashlib._Hash", path: Path, offset: int, length: int) -> None:
    """So many bytes of a file, from there. Raises OSError, also when there are less."""
    block, left = memoryview(bytearray(min(_AT_ONCE, length))), length
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        while left and (count := file.readinto(block[:left])):
            digest.update(block[:count])
            left -= count
        with contextlib.suppress(OSError):
            os.posix_fadvise(file.fileno(), offset, length - left, os.POSIX_FADV_DONTNEED)
    if left:
        raise OSError(errno.ENODATA, "It has become shorter", str(path))
