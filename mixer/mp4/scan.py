"""Goes through a file's fragments, as far as they are whole."""

import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mixer.errors import UnreadableFile
from mixer.mp4.box import LARGE_HEADER, Box, read_header
from mixer.mp4.index import Index, TrackIndex
from mixer.mp4.moof import ReadRun, read_moof
from mixer.mp4.moov import Moov, read_moov

_AT_ONCE = 4096  # a moof of ours with its mdat's header fits: one read a fragment
_MOST_HEAD = 1 << 30  # a moov larger than that is garbage


@dataclass(frozen=True, slots=True)
class Fragment:
    start: int
    end: int
    runs: tuple[ReadRun, ...]


def fragments(descriptor: int, size: int, start: int, moov: Moov) -> Iterator[Fragment]:
    """The whole fragments from byte `start` on. Ends at the first that is cut off, damaged or something else; boxes between
    fragments that only serve seeking and streaming are passed over."""
    ends: dict[int, int] = {}
    while start < size:
        head = os.pread(descriptor, _AT_ONCE, start)
        box = read_header(head, start, size)
        if box is None or box.end > size:
            return
        if box.kind in _PASSED:
            start = box.end
            continue
        found = _fragment(descriptor, size, head, box, moov, ends) if box.kind == b"moof" else None
        if found is None:
            return
        for run in found.runs:
            ends[run.track_id] = run.dts + int(run.durations.sum())
        yield found
        start = found.end


_PASSED = frozenset({b"styp", b"sidx", b"prft", b"emsg", b"free", b"skip"})


def _fragment(descriptor: int, size: int, head: bytes, moof: Box, moov: Moov, ends: Mapping[int, int]) -> Fragment | None:
    length = moof.end - moof.start
    if length + LARGE_HEADER > len(head):
        head = os.pread(descriptor, length + LARGE_HEADER, moof.start)
    mdat = read_header(head[length : length + LARGE_HEADER], moof.end, size)
    if mdat is None or mdat.kind != b"mdat" or mdat.end > size:
        return None
    try:
        runs = tuple(read_moof(head[moof.payload - moof.start : length], moof.start, moov.defaults, ends))
    except (struct.error, KeyError, ValueError):
        return None
    if any(run.offset < mdat.payload or run.end > mdat.end for run in runs):
        return None
    return Fragment(moof.start, mdat.end, runs)


def index_of(descriptor: int, size: int, start: int, moov: Moov) -> Index:
    """An index of all whole fragments from byte `start` on, as the writer had it."""
    tracks = {track.id: TrackIndex() for track in moov.tracks}
    index = Index(tracks, end=start)
    for found in fragments(descriptor, size, start, moov):
        for run in found.runs:
            if run.track_id in tracks and len(run.sizes):
                columns = (run.sizes.tolist(), run.durations.tolist(), run.shifts.tolist(), run.sync.tolist())
                tracks[run.track_id].append(run.offset, run.dts, *columns)
        index.end = found.end
        index.fragments += 1
    return index


def load_moov(descriptor: int, box: Box) -> Moov:
    """Raises UnreadableFile when the moov box is damaged."""
    length = box.end - box.payload
    if length > _MOST_HEAD:
        raise UnreadableFile("its head (moov) is damaged")
    return read_moov(os.pread(descriptor, length, box.payload))
