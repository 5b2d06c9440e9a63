"""How a file of ours begins, while it grows and when it is finished."""

import os
from dataclasses import dataclass

from mixer.errors import UnreadableFile
from mixer.mp4.box import Box, file_boxes
from mixer.mp4.moov import Moov
from mixer.mp4.movie import RESERVED
from mixer.mp4.scan import load_moov


@dataclass(frozen=True, slots=True)
class FileHead:
    """`reserved` is the box that becomes the header of one large mdat; behind the head come fragments, from `end` on,
    or, when it is `finished`, nothing."""

    reserved: Box
    moov: Moov
    end: int
    size: int  # bytes, of the whole file
    finished: bool


def read_head(descriptor: int) -> FileHead:
    """Raises UnreadableFile when it is no file of ours, or cut off before the end of its head."""
    size = os.fstat(descriptor).st_size
    found = [box for _, box in zip(range(3), file_boxes(descriptor, size), strict=False) if box.end <= size]
    kinds = [box.kind for box in found]
    if kinds not in ([b"ftyp", b"free", b"moov"], [b"ftyp", b"mdat", b"moov"]):
        raise UnreadableFile("it does not begin as roomreel's files do, or is cut off before the first picture")
    _, reserved, moov = found
    finished = reserved.kind == b"mdat"
    if not finished and reserved.end - reserved.start != len(RESERVED):
        raise UnreadableFile("it does not begin as roomreel's files do")
    return FileHead(reserved, load_moov(descriptor, moov), moov.end, size, finished)
