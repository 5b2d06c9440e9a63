"""The sample tables of a seekable file (ISO/IEC 14496-12 §8.6 and §8.7), made from an index."""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mixer.mp4.box import box, full_box
from mixer.mp4.index import TrackIndex

_LAST_32_BIT = 2**32 - 1


def sample_table(entry: bytes, index: TrackIndex) -> bytes:
    """The whole stbl box; `entry` is the track's only sample description."""
    tables = [_stsd(entry), _stts(index), *_ctts(index), *_stss(index), _stsc(index), _stsz(index), _offsets(index)]
    return box(b"stbl", *tables)


def empty_table(entry: bytes) -> bytes:
    """The stbl of a fragmented file's head: everything is in the fragments."""
    nothing = [full_box(kind, 0, 0, struct.pack(">I", 0)) for kind in (b"stts", b"stsc", b"stco")]
    return box(b"stbl", _stsd(entry), *nothing, full_box(b"stsz", 0, 0, struct.pack(">II", 0, 0)))


def _stsd(entry: bytes) -> bytes:
    return full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry)


def _table(kind: bytes, columns: Sequence[NDArray[np.generic]], version: int = 0, width: str = ">u4") -> bytes:
    """A box of a count and rows of equally wide numbers."""
    count = len(columns[0])
    rows = np.empty((count, len(columns)), dtype=width)
    for position, column in enumerate(columns):
        rows[:, position] = column
    return full_box(kind, version, 0, struct.pack(">I", count), rows.tobytes())


def _stts(index: TrackIndex) -> bytes:
    return _table(b"stts", [np.asarray(index.duration_counts), np.asarray(index.durations)])


def _ctts(index: TrackIndex) -> list[bytes]:
    shifts = np.asarray(index.shifts)
    if not shifts.any():
        return []
    counts, values = _runs(shifts)
    return [_table(b"ctts", [counts, values.astype(np.int32).view(np.uint32)], version=1)]


def _stss(index: TrackIndex) -> list[bytes]:
    starts, counts = np.asarray(index.sync_starts), np.asarray(index.sync_counts)
    total = int(counts.sum())
    if total == len(index.sizes):
        return []
    before = np.cumsum(counts) - counts
    return [_table(b"stss", [np.repeat(starts - before, counts) + np.arange(total)])]


def _stsc(index: TrackIndex) -> bytes:
    lengths = np.asarray(index.chunk_lengths)
    counts, values = _runs(lengths)
    first = np.cumsum(counts) - counts + 1
    return _table(b"stsc", [first, values, np.ones_like(values)])


def _stsz(index: TrackIndex) -> bytes:
    sizes = np.asarray(index.sizes)
    return full_box(b"stsz", 0, 0, struct.pack(">II", 0, len(sizes)), sizes.astype(">u4").tobytes())


def _offsets(index: TrackIndex) -> bytes:
    offsets = np.asarray(index.chunk_offsets)
    if len(offsets) and offsets[-1] > _LAST_32_BIT:
        return _table(b"co64", [offsets], width=">u8")
    return _table(b"stco", [offsets])


def _runs(values: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.integer]]:
    """Run lengths: (how often, which)."""
    if not len(values):
        return np.zeros(0, np.int64), values
    starts = np.concatenate(([0], np.flatnonzero(np.diff(values)) + 1))
    return np.diff(np.concatenate((starts, [len(values)]))), values[starts]
