"""How a file of ours begins, while it grows and when it is finished."""

import os
from dataclasses import dataclass

from mixer.errors import UnreadableFile
from mixer.mp4.box import Box, file_boxes
from mixer.mp4.moov import Moov
from mixer.mp4.movie import FILE_TYPE, RESERVED
from mixer.mp4.scan import load_moov

_GROWING = (b"ftyp", b"free", b"moov")
_HEAD_LAST = (b"ftyp", b"mdat", b"moov")
_HEAD_FIRST = (b"ftyp", b"moov", b"mdat")


@dataclass(frozen=True, slots=True)
class FileHead:
    """`reserved` is the box that becomes, or has become, the one large mdat; behind the head come fragments, from `end`
    on, unless it is `finished`."""

    reserved: Box
    moov: Moov
    end: int
    size: int  # bytes, of the whole file
    finished: bool


def read_head(descriptor: int) -> FileHead:
    """Raises UnreadableFile when it is no file of ours, or cut off before the end of its head."""
    size = os.fstat(descriptor).st_size
    found = [box for _, box in zip(range(3), file_boxes(descriptor, size), strict=False) if box.end <= size]
    kinds = tuple(box.kind for box in found)
    if kinds not in {_GROWING, _HEAD_LAST, _HEAD_FIRST}:
        raise UnreadableFile("it does not begin as roomreel's files do, or is cut off before the first picture")
    moov = found[kinds.index(b"moov")]
    reserved = found[3 - kinds.index(b"moov")]
    finished = reserved.kind == b"mdat"
    foreign = kinds == _HEAD_FIRST and not has_our_type(descriptor)  # others put their head there, too
    if foreign or (not finished and reserved.end - reserved.start != len(RESERVED)):
        raise UnreadableFile("it does not begin as roomreel's files do")
    return FileHead(reserved, load_moov(descriptor, moov), moov.end, size, finished)


def has_our_type(descriptor: int) -> bool:
    return os.pread(descriptor, len(FILE_TYPE), 0) == FILE_TYPE
