"""A fragmented file becomes an ordinary seekable one where it lies, without a second copy.

A file of ours begins `ftyp free moov`, then come the fragments. Finishing it is two steps:

1. A moov with all sample tables is appended and forced onto the disk. Players ignore a second moov: the file
   still is a fragmented one.
2. The 16 bytes of `free` become the header of one mdat that reaches to the new moov. Old head and fragments are now
   bytes of media like any others; the new moov points at the samples among them.

Killed at any moment, the file is one or the other, and `finish` can be called again.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mixer.errors import UnreadableFile
from mixer.mp4.box import Box, file_boxes, large_header
from mixer.mp4.disk import explained, write_whole
from mixer.mp4.index import Index
from mixer.mp4.label import Label
from mixer.mp4.moov import Moov
from mixer.mp4.movie import RESERVED, TIMESCALE, Movie, complete, duration
from mixer.mp4.scan import index_of, load_moov

_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finished:
    duration_ns: int
    size: int  # bytes
    cut: int = 0  # bytes of a fragment that was not whole, taken away


def finish(path: Path, index: Index | None = None, label: Label | None = None) -> Finished:
    """Finishes a file that this package wrote and nobody writes to any more, wherever it was cut off. A file that is
    finished already stays as it is.

    `index` is the writer's; without it the file is gone through. `label` replaces what the file said about itself.
    Raises UnreadableFile when there is nothing in it to show, and OutputError (OutputFull: no space) when it cannot
    be written: it is then as playable as before.
    """
    try:
        with _opened(path) as descriptor:
            size = os.fstat(descriptor).st_size
            head = _head(descriptor, size)
            if head[1].kind == b"mdat":
                return Finished(_to_ns(load_moov(descriptor, head[2])), size)
            return _finish(descriptor, size, head, index, label)
    except OSError as error:
        raise explained(error, path) from error


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _head(descriptor: int, size: int) -> tuple[Box, Box, Box]:
    """Its first three boxes: ftyp, then `free moov` or `mdat moov`."""
    found = [box for _, box in zip(range(3), file_boxes(descriptor, size), strict=False) if box.end <= size]
    kinds = [box.kind for box in found]
    if kinds not in ([b"ftyp", b"free", b"moov"], [b"ftyp", b"mdat", b"moov"]):
        raise UnreadableFile("it does not begin as roomreel's files do, or is cut off before the first picture")
    if kinds[1] == b"free" and found[1].end - found[1].start != len(RESERVED):
        raise UnreadableFile("it does not begin as roomreel's files do")
    return found[0], found[1], found[2]


def _finish(
    descriptor: int, size: int, head: tuple[Box, Box, Box], index: Index | None, label: Label | None
) -> Finished:
    _, reserved, old = head
    moov = load_moov(descriptor, old)
    if index is None or index.end > size:
        index = index_of(descriptor, size, old.end, moov)
    if not index.fragments:
        raise UnreadableFile("it is cut off before the end of its first fragment")
    movie = Movie(moov.tracks, label or moov.label)
    if size > index.end:
        os.ftruncate(descriptor, index.end)
    _append(descriptor, index.end, complete(movie, index))
    os.pwrite(descriptor, large_header(b"mdat", index.end - reserved.start), reserved.start)
    os.fsync(descriptor)
    return Finished(duration(movie, index) * _NS // TIMESCALE, os.fstat(descriptor).st_size, size - index.end)


def _append(descriptor: int, end: int, tables: bytes) -> None:
    os.lseek(descriptor, end, os.SEEK_SET)
    try:
        write_whole(descriptor, tables)
        os.fsync(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, end)
        raise


def recorded_ns(path: Path) -> int:
    """How much of an unfinished file of ours can be shown. Raises UnreadableFile."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        _, _, old = _head(file.fileno(), size)
        moov = load_moov(file.fileno(), old)
        index = index_of(file.fileno(), size, old.end, moov)
    return duration(Movie(moov.tracks, moov.label), index) * _NS // TIMESCALE


def _to_ns(moov: Moov) -> int:
    return moov.duration * _NS // moov.timescale
