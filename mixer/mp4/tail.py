"""What the last fragments of a file of hours say: how long it is, and what it shows last."""

import os
from collections.abc import Iterator
from pathlib import Path

from mixer.mp4.finish import recorded_ns
from mixer.mp4.head import FileHead, read_head
from mixer.mp4.index import Index
from mixer.mp4.movie import TIMESCALE, Movie, duration
from mixer.mp4.scan import index_of

_NS = 1_000_000_000
_REACHES = (1 << 20, 8 << 20)  # bytes: a few minutes in which nothing moves, or several fragments in which all does
# How a fragment of ours begins behind its size (fragment.py); encoded pictures and sound do not hold these bytes.
_BEGINNING = b"moof\x00\x00\x00\x10mfhd"
_SIZE = 4


def recorded_ns_by_tail(path: Path) -> int:
    """As `recorded_ns` in milliseconds, for a file that no other is being joined to. Raises OSError and
    UnreadableFile."""
    with path.open("rb") as file:
        head = read_head(file.fileno())
        for start in () if head.finished else _beginnings(file.fileno(), head):
            index = index_of(file.fileno(), head.size, start, head.moov)
            if _has_all(index):
                return duration(Movie(head.moov.tracks, head.moov.label), index) * _NS // TIMESCALE
    return recorded_ns(path)


def last_group(path: Path) -> bytes:
    """A file of its own: the head of `path`, and the last whole fragment with pictures in it, which begins with a
    keyframe; empty when there is none near the end. For a growing file that no other is being joined to. Raises OSError
    and UnreadableFile."""
    with path.open("rb") as file:
        descriptor = file.fileno()
        head = read_head(descriptor)
        if head.finished:
            return b""
        begin = max(head.end, head.size - _REACHES[-1])
        for start in reversed(list(_found(os.pread(descriptor, head.size - begin, begin), begin))):
            index = index_of(descriptor, head.size, start, head.moov)
            if index.fragments and _has_all(index):
                return os.pread(descriptor, head.end, 0) + os.pread(descriptor, index.end - start, start)
    return b""


def _beginnings(descriptor: int, head: FileHead) -> Iterator[int]:
    """Of fragments near the end of the file, as it seems."""
    for reach in _REACHES:
        begin = head.size - reach
        if begin < head.end:
            return
        yield from _found(os.pread(descriptor, reach, begin), begin)


def _found(data: bytes, at: int) -> Iterator[int]:
    """Where in the file; `data` are its bytes from `at` on."""
    found = data.find(_BEGINNING)
    while found >= 0:
        if found >= _SIZE:
            yield at + found - _SIZE
        found = data.find(_BEGINNING, found + 1)


def _has_all(index: Index) -> bool:
    return all(track.sizes for track in index.tracks.values())
