"""A later part is put behind an earlier one, without encoding and without a second copy of the earlier one.

Its fragments are appended with later times, all of them behind the header of one `free` box that reaches over them:
players pass it over, cut off or not. When they are on the disk, one byte of that header makes the box end right behind
the header, and what it hid is part of the file. Killed at any moment the file is one or the other, and joining again
does what is left to do: what was joined says so in a box of its own.
"""

import contextlib
import copy
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

from mixer.errors import UnreadableFile
from mixer.mp4.box import LARGE_HEADER, box, file_boxes, large_header, read_payload
from mixer.mp4.disk import explained, write_whole
from mixer.mp4.fragment import fragment
from mixer.mp4.head import FileHead, read_head
from mixer.mp4.index import Index
from mixer.mp4.later import LaterPart
from mixer.mp4.scan import index_of, whole_fragments

_TAG = b"join"
_MARK = struct.Struct(">4sIQ")
_BEYOND = 1 << 62  # bytes: over whatever is written behind it
_LAST_OF_SIZE = 3  # the byte of a box's 32-bit size that is 1 while the box is a large one
_HEADER_ALONE = bytes([LARGE_HEADER])


class Joint(NamedTuple):
    """Part `number` begins at `start_ns` of the file."""

    number: int
    start_ns: int


class Joining:
    """An unfinished file of ours that nobody writes to any more, while others are put behind it. `index` is then what
    `finish` needs. To be closed."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, and UnreadableFile when there is nothing in it to show or it is finished."""
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._head = _unfinished(self._descriptor)
            self.index: Index = index_of(self._descriptor, self._head.size, self._head.end, self._head.moov)
            _require_any(self.index.fragments)
            self.joints = list(_joints(self._descriptor, self._head.end, self.index.end))
        except BaseException:
            os.close(self._descriptor)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def append(self, number: int, later: Path) -> bool:
        """Puts part `number` behind what is there, unless it is there already. False: it is encoded in another way, and
        nothing was done. The sound of both lies on one grid of blocks, so that of `later` moves by up to 11 ms.

        Raises UnreadableFile when there is nothing to show in `later`, and OutputError (OutputFull: no space) when it
        cannot be read or written: the file is then as before. `later` stays as it is.
        """
        if any(joint.number == number for joint in self.joints):
            return True
        try:
            with later.open("rb") as file:
                head = _unfinished(file.fileno())
                if head.moov.tracks != self._head.moov.tracks:
                    return False
                _require_any(next(whole_fragments(file.fileno(), head.size, head.end, head.moov), None))
                self._append(number, LaterPart(file.fileno(), head, self.index))
        except OSError as error:
            raise explained(error, self.path) from error
        return True

    def _append(self, number: int, later: LaterPart) -> None:
        start = self.index.end
        os.ftruncate(self._descriptor, start)
        os.lseek(self._descriptor, start, os.SEEK_SET)
        try:
            index = self._write(number, later)
            os.fsync(self._descriptor)
            os.pwrite(self._descriptor, _HEADER_ALONE, start + _LAST_OF_SIZE)
            os.fsync(self._descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, start)
            raise
        self.index = index
        self.joints.append(Joint(number, later.start_ns))

    def _write(self, number: int, later: LaterPart) -> Index:
        """What the file is to be, hidden behind the header of one box."""
        mark = box(b"free", _MARK.pack(_TAG, number, later.start_ns))
        write_whole(self._descriptor, large_header(b"free", _BEYOND) + mark)
        index = copy.deepcopy(self.index)
        index.end += LARGE_HEADER + len(mark)
        for runs in later.fragments(index):
            data, offsets = fragment(index.fragments + 1, runs)
            write_whole(self._descriptor, data)
            index.append(len(data), runs, offsets)
        return index


def _unfinished(descriptor: int) -> FileHead:
    head = read_head(descriptor)
    if head.finished:
        raise UnreadableFile("it is finished already")
    return head


def _require_any(fragments: object) -> None:
    if not fragments:
        raise UnreadableFile("it is cut off before the end of its first fragment")


def _joints(descriptor: int, start: int, end: int) -> Iterator[Joint]:
    for found in file_boxes(descriptor, end, start):
        if found.kind == b"free" and found.end - found.payload == _MARK.size:
            tag, number, start_ns = _MARK.unpack(read_payload(descriptor, found))
            if tag == _TAG:
                yield Joint(number, start_ns)
