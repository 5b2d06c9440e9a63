"""A fragmented file becomes an ordinary seekable one where it lies, without a second copy.

A file of ours begins `ftyp free moov`, then come the fragments. Finishing it is two steps:

1. A moov with all sample tables is appended and forced onto the disk, the texts of the chapters in a `free` box
   before it. Players ignore a second moov: the file still is a fragmented one.
2. The 16 bytes of `free` become the header of one mdat that reaches to the new moov. Old head and fragments are now
   bytes of media like any others; the new moov points at the samples among them.

Killed at any moment, the file is one or the other, and `finish` can be called again.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mixer.errors import UnreadableFile
from mixer.mp4.box import HEADER, box, large_header
from mixer.mp4.chapters import chapter_samples, chapter_track
from mixer.mp4.disk import explained, write_whole
from mixer.mp4.head import FileHead, read_head
from mixer.mp4.index import Index
from mixer.mp4.label import Label
from mixer.mp4.moov import Moov
from mixer.mp4.movie import TIMESCALE, Movie, complete, duration
from mixer.mp4.scan import index_of

_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finished:
    duration_ns: int
    size: int  # bytes
    cut: int = 0  # bytes of a fragment that was not whole, taken away
    before: bool = False  # it was finished already, and stayed as it is


def finish(path: Path, index: Index | None = None, label: Label | None = None) -> Finished:
    """Finishes a file that this package wrote and nobody writes to any more, wherever it was cut off. A file that is
    finished already stays as it is.

    `index` is the writer's; without it the file is gone through. `label` replaces what the file said about itself;
    chapters after the end are left out. Raises UnreadableFile when there is nothing in it to show, and OutputError
    (OutputFull: no space) when it cannot be written: it is then as playable as before.
    """
    try:
        with _opened(path) as descriptor:
            head = read_head(descriptor)
            if head.finished:
                return Finished(_to_ns(head.moov), head.size, before=True)
            return _finish(descriptor, head, index, label)
    except OSError as error:
        raise explained(error, path) from error


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _finish(descriptor: int, head: FileHead, index: Index | None, label: Label | None) -> Finished:
    if index is None or index.end > head.size:
        index = index_of(descriptor, head.size, head.end, head.moov)
    if not index.fragments:
        raise UnreadableFile("it is cut off before the end of its first fragment")
    if head.size > index.end:
        os.ftruncate(descriptor, index.end)
    movie = Movie(head.moov.tracks, label or head.moov.label)
    length_ns = duration(movie, index) * _NS // TIMESCALE
    behind, movie, index = _with_chapters(movie, index, length_ns)
    _append(descriptor, index.end, behind + complete(movie, index))
    os.pwrite(descriptor, large_header(b"mdat", index.end + len(behind) - head.reserved.start), head.reserved.start)
    os.fsync(descriptor)
    return Finished(length_ns, os.fstat(descriptor).st_size, head.size - index.end)


def _with_chapters(movie: Movie, index: Index, end_ns: int) -> tuple[bytes, Movie, Index]:
    """What goes behind the fragments, passed over until it is part of the media, and what belongs to it."""
    chapters = sorted(chapter for chapter in movie.label.chapters if 0 <= chapter[0] < end_ns)
    label = replace(movie.label, chapters=chapters)
    if not chapters:
        return b"", Movie(movie.tracks, label), index
    track = chapter_track(max(track.id for track in movie.tracks) + 1)
    data, samples = chapter_samples(chapters, end_ns, index.end + HEADER)
    extended = Index({**index.tracks, track.id: samples}, index.end, index.fragments)
    return box(b"free", data), Movie((*movie.tracks, track), label), extended


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
    """How much of a file of ours can be shown. Raises OSError and UnreadableFile."""
    with path.open("rb") as file:
        head = read_head(file.fileno())
        if head.finished:
            return _to_ns(head.moov)
        index = index_of(file.fileno(), head.size, head.end, head.moov)
    return duration(Movie(head.moov.tracks, head.moov.label), index) * _NS // TIMESCALE


def _to_ns(moov: Moov) -> int:
    return moov.duration * _NS // moov.timescale
