"""A fragmented MP4 that grows by whole fragments."""

import contextlib
import os
import struct
from collections.abc import Sequence
from pathlib import Path

from mixer.errors import OutputError
from mixer.mp4.box import HEADER
from mixer.mp4.disk import DiskSync, explained, write_whole
from mixer.mp4.fragment import Run, fragment
from mixer.mp4.index import Index, TrackIndex
from mixer.mp4.movie import Movie, head


class FragmentWriter:
    """Owns the file, which must not exist yet. Everything before the last append can be played at any time.

    A write that fails or falls short is taken back: the file ends with the last whole fragment, and this and every
    later append raises the same OutputError (OutputFull when there is no space).
    """

    def __init__(self, path: Path, movie: Movie) -> None:
        """Raises OutputUnwritable or OutputFull; nothing is left behind then."""
        self.path = path
        self.index = Index({track.id: TrackIndex() for track in movie.tracks}, end=0)
        self._failure: OutputError | None = None
        self._closed = False
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise explained(error, path) from error
        try:
            self._write(head(movie))
        except OutputError:
            os.close(self._descriptor)
            path.unlink()
            raise
        self.index.end = len(head(movie))
        self._sync = DiskSync(self._descriptor, path.parent)

    @property
    def failure(self) -> OutputError | None:
        return self._failure

    def append(self, runs: Sequence[Run]) -> None:
        """One fragment; forced onto the disk soon after, on another thread.

        It is written as a `free` box, which players pass over, cut off or not, and becomes a fragment by its first
        eight bytes: FFmpeg refuses a file whose last moof is cut off, and SIGKILL can cut off a write.
        """
        if self._failure is not None:
            raise self._failure
        data, offsets = fragment(self.index.fragments + 1, runs)
        self._write(struct.pack(">I4s", len(data), b"free") + data[HEADER:])
        self._patch(data[:HEADER])
        self.index.append(len(data), runs, offsets)
        try:
            self._sync.request()
        except OSError as error:
            self._failure = explained(error, self.path)
            raise self._failure from error

    def _write(self, data: bytes) -> None:
        try:
            write_whole(self._descriptor, data)
        except OSError as error:
            with contextlib.suppress(OSError):  # on a broken disk the half fragment stays: readers stop before it
                os.ftruncate(self._descriptor, self.index.end)
                os.lseek(self._descriptor, self.index.end, os.SEEK_SET)
            self._failure = explained(error, self.path)
            raise self._failure from error

    def _patch(self, header: bytes) -> None:
        try:
            os.pwrite(self._descriptor, header, self.index.end)
        except OSError as error:
            self._failure = explained(error, self.path)
            raise self._failure from error

    def close(self) -> None:
        """Waits until what was written is on the disk. May be called again."""
        if self._closed:
            return
        self._closed = True
        self._sync.close()
        os.close(self._descriptor)
        if self._sync.failure is not None and self._failure is None:
            self._failure = explained(self._sync.failure, self.path)
            raise self._failure
