"""A file of ours, finished or not, whose samples are read one at a time."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from mixer.errors import UnreadableFile
from mixer.mp4.box import HEADER
from mixer.mp4.head import FileHead, read_head
from mixer.mp4.lookup import Lookup
from mixer.mp4.moov import Moov, read_moov
from mixer.mp4.movie import Movie, complete
from mixer.mp4.scan import index_of

_NS = 1_000_000_000


class OpenedFile:
    """To be closed. Its head is read at once (60 MB for a day); that of an unfinished file is made from its
    fragments, which are gone through."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, and UnreadableFile when there is nothing in it to show."""
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            head = read_head(self._descriptor)
            self.finished = head.finished
            self.size = head.size
            self.moov = head.moov if head.finished else _completed(self._descriptor, head)
            if not self.moov.duration:
                raise UnreadableFile("nothing in it is shown")
            self.tracks = tuple(self._lookup(index) for index in range(len(self.moov.tracks)))
        except BaseException:
            os.close(self._descriptor)
            raise

    def _lookup(self, index: int) -> Lookup:
        track, moov = self.moov.tracks[index], self.moov
        late_ns = moov.late[track.id] * _NS // moov.timescale
        return Lookup(track, moov.tables[track.id], late_ns, self.size)

    @property
    def duration_ns(self) -> int:
        return self.moov.duration * _NS // self.moov.timescale

    def track(self, handler: bytes) -> Lookup | None:
        """The first of that kind that has samples."""
        return next((one for one in self.tracks if one.track.handler == handler and one.count), None)

    def read(self, lookup: Lookup, number: int) -> bytes:
        """Raises OSError, and UnreadableFile when the file has become shorter."""
        offset, size = lookup.place(number)
        data = os.pread(self._descriptor, size, offset)
        if len(data) < size:
            raise UnreadableFile("it was cut off while it was read")
        return data

    def close(self) -> None:
        """May be called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()


def _completed(descriptor: int, head: FileHead) -> Moov:
    index = index_of(descriptor, head.size, head.end, head.moov)
    if not index.fragments:
        raise UnreadableFile("it is cut off before the end of its first fragment")
    return read_moov(complete(Movie(head.moov.tracks, head.moov.label), index)[HEADER:])
