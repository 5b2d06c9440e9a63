"""Reads the sample tables of an ordinary file, ours or anybody's. The other direction is tables.py."""

import struct

import numpy as np
from numpy.typing import NDArray

from mixer.errors import UnreadableFile
from mixer.mp4.box import child
from mixer.mp4.shown import MOST_SAMPLES, Numbers, Shown


def read_tables(table: memoryview, size: int) -> tuple[Shown, int]:
    """The samples of a track whose stbl payload is `table`, and how many of them lie (partly) beyond `size` bytes.
    Raises UnreadableFile when the tables contradict each other."""
    try:
        sizes = _sizes(table)
        durations = _spread(_rows(table, b"stts", 2), len(sizes))
        shifts = _spread(_rows(table, b"ctts", 2, ">i4"), len(sizes))
        missing = int((_ends(table, sizes) > size).sum())
    except (struct.error, ValueError, IndexError) as error:
        raise UnreadableFile("its sample tables are damaged") from error
    return Shown(np.cumsum(durations) - durations, durations, shifts), missing


def chunk_durations(table: memoryview, shown: Shown) -> Numbers:
    """How long each chunk of a track lasts, in its timescale. `shown` is what `read_tables` found."""
    _, lengths = chunks(table)
    ends = np.cumsum(shown.durations)[np.cumsum(lengths) - 1]
    return np.diff(ends, prepend=0)


def chunks(table: memoryview) -> tuple[Numbers, Numbers]:
    """Where each chunk lies, and how many samples it has."""
    offsets = _rows(table, b"co64", 1, ">u8") if child(table, b"co64") is not None else _rows(table, b"stco", 1)
    groups = _rows(table, b"stsc", 3)
    spans = np.diff(np.append(groups[:, 0], len(offsets) + 1))
    return offsets[:, 0], np.repeat(groups[:, 1], spans)


def row_view(table: memoryview, kind: bytes, columns: int, width: str = ">u4") -> NDArray[np.integer]:
    """As they lie there. Raises struct.error or ValueError on nonsense."""
    payload = child(table, kind)
    if payload is None:
        return np.zeros((0, columns), width)
    (count,) = struct.unpack_from(">I", payload, 4)
    return np.frombuffer(payload, width, count * columns, 8).reshape(count, columns)


def _rows(table: memoryview, kind: bytes, columns: int, width: str = ">u4") -> NDArray[np.int64]:
    return row_view(table, kind, columns, width).astype(np.int64)


def _spread(rows: NDArray[np.int64], count: int) -> Numbers:
    """Run lengths written out, to `count` values."""
    if rows[:, 0].sum() > count:
        raise ValueError("more times than samples")
    values = np.repeat(rows[:, 1], rows[:, 0])
    return np.concatenate((values, np.zeros(count - len(values), np.int64)))


def size_view(table: memoryview) -> NDArray[np.integer]:
    """Of each sample, as they lie there. Raises struct.error or ValueError on nonsense."""
    payload = child(table, b"stsz")
    if payload is None:
        return np.zeros(0, np.int64)
    size, count = struct.unpack_from(">II", payload, 4)
    if count > MOST_SAMPLES:
        raise ValueError("more samples than a recording can have")
    if size:
        return np.broadcast_to(np.int64(size), count)
    return np.frombuffer(payload, ">u4", count, 12)


def _sizes(table: memoryview) -> Numbers:
    return size_view(table).astype(np.int64)


def _ends(table: memoryview, sizes: Numbers) -> Numbers:
    """The byte after each sample."""
    if not len(sizes):
        return sizes
    offsets, lengths = chunks(table)
    if lengths.sum() != len(sizes):
        raise ValueError("chunks and samples do not match")
    ends = np.cumsum(sizes)
    firsts = np.cumsum(lengths) - lengths  # number of each chunk's first sample
    before = ends[firsts] - sizes[firsts]
    moved: Numbers = np.repeat(offsets - before, lengths)
    return ends + moved
