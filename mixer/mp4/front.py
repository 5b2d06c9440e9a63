"""A small finished file gets its head in front of its media, where whoever plays it while it arrives finds it at once.

It costs a copy, so a large file keeps its head at the end, behind media that never moved: a store to which those bytes
were sent while they were recorded need not be sent them again.
"""

import contextlib
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from mixer.errors import UnreadableFile
from mixer.mp4.box import HEADER, LARGE_HEADER, box, boxes, child, file_boxes, large_header
from mixer.mp4.disk import sync_folder, write_whole
from mixer.mp4.head import read_head
from mixer.mp4.movie import FILE_TYPE
from mixer.mp4.table_reader import chunks, size_view

# Written and forced onto a disk of 150 MB a second in less than half a second; the store's first multipart parts are
# about as large. Four minutes at the highest bitrate, an hour in which little moves.
MOST_BYTES = 64 << 20
_AT_ONCE = 1 << 20  # bytes
_COUNT_END = 8  # bytes of a table before its rows: version, flags, how many

Range = tuple[int, int]  # of bytes: from, how many


def bring_forward(path: Path, accept: Callable[[Path], bool], most_bytes: int | None = None) -> bool:
    """False: the file stays as it is, because it is large, is no finished file of ours, has its head in front already,
    has another name as well, or because there is no room for the copy or `accept` refuses it. Blocks for the disk.

    The copy is made beside the file, is forced onto the disk and takes its name when `accept` has looked at it. Killed
    at any moment there is one whole file of that name; a copy that was left behind is replaced by the next call."""
    copy = path.with_name(f".{path.name}.front")
    try:
        copy.unlink(missing_ok=True)
        if not _is_worth_it(path, MOST_BYTES if most_bytes is None else most_bytes) or not _copied(path, copy):
            return False
        if not accept(copy):
            copy.unlink()
            return False
        copy.replace(path)
        sync_folder(path.parent)
    except (OSError, UnreadableFile, struct.error, ValueError, IndexError):  # the latter three: of damaged tables
        with contextlib.suppress(OSError):
            copy.unlink(missing_ok=True)
        return False
    return True


def _is_worth_it(path: Path, most_bytes: int) -> bool:
    about = path.stat()
    return about.st_size <= most_bytes and about.st_nlink == 1


def _copied(path: Path, copy: Path) -> bool:
    """Raises OSError, and UnreadableFile when it is no file of ours."""
    with path.open("rb") as file:
        source = file.fileno()
        head = read_head(source)
        moov_box = next((one for one in file_boxes(source, head.size) if one.kind == b"moov"), None)
        if not head.finished or moov_box is None or moov_box.start < head.reserved.start:
            return False
        moov = bytearray(os.pread(source, moov_box.end - moov_box.payload, moov_box.payload))
        ranges = _moved(memoryview(moov), len(FILE_TYPE) + HEADER + len(moov) + LARGE_HEADER)
        if ranges is None:
            return False
        descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(descriptor, os.fstat(source).st_mode & 0o7777)
            media = sum(size for _, size in ranges)
            start = FILE_TYPE + box(b"moov", bytes(moov)) + large_header(b"mdat", LARGE_HEADER + media)
            write_whole(descriptor, start)
            for data in _read(source, ranges):
                write_whole(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    return True


def _moved(moov: memoryview, begin: int) -> list[Range] | None:
    """Points the tables of all tracks at media that lies without a gap from byte `begin` on, and says where it was, in
    order. None where an offset takes more than 32 bits."""
    tables = [table for one in boxes(moov) if one.kind == b"trak" if (table := _table(one.within(moov))) is not None]
    if any(child(table, b"stco") is None for table in tables):
        return None
    places = [chunks(table) for table in tables]
    offsets = np.concatenate([offsets for offsets, _ in places])
    sizes = np.concatenate(
        [
            np.add.reduceat(size_view(table), np.cumsum(lengths) - lengths, dtype=np.int64)
            for table, (_, lengths) in zip(tables, places, strict=True)
        ]
    )
    order = np.argsort(offsets, kind="stable")
    moved = np.empty_like(offsets)
    moved[order] = begin + np.cumsum(sizes[order]) - sizes[order]
    ends = np.cumsum([len(offsets) for offsets, _ in places])[:-1]
    for table, new in zip(tables, np.split(moved, ends), strict=True):
        rows = child(table, b"stco")
        assert rows is not None
        rows[_COUNT_END:] = new.astype(">u4").tobytes()
    return _joined(offsets[order].tolist(), sizes[order].tolist())


def _table(trak: memoryview) -> memoryview | None:
    return child(trak, b"mdia", b"minf", b"stbl")


def _joined(offsets: list[int], sizes: list[int]) -> list[Range]:
    """Those that lie behind each other as one."""
    ranges: list[Range] = []
    for offset, size in zip(offsets, sizes, strict=True):
        if ranges and sum(ranges[-1]) == offset:
            ranges[-1] = (ranges[-1][0], ranges[-1][1] + size)
        else:
            ranges.append((offset, size))
    return ranges


def _read(source: int, ranges: list[Range]) -> Iterator[bytes]:
    for begin, size in ranges:
        for offset in range(begin, begin + size, _AT_ONCE):
            wanted = min(_AT_ONCE, begin + size - offset)
            data = os.pread(source, wanted, offset)
            if len(data) < wanted:
                raise UnreadableFile("it was cut off while it was read")
            yield data
