"""Errors of the disk as sentences, and a file's bytes forced onto it without anybody waiting."""

import errno
import os
import threading
from pathlib import Path

from mixer.errors import OutputError, OutputFull, OutputUnwritable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_UNWRITABLE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EISDIR}
)


def explained(error: OSError, path: Path) -> OutputError:
    """The error of the mixer's tree that says what `error` means for the recording at `path`."""
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        return OutputFull(f"There is no room left for {path} ({reason}). Free some space; what was written is kept.")
    if error.errno in _UNWRITABLE:
        return OutputUnwritable(f"{path} cannot be written ({reason}). Choose a folder that can be written to.")
    return OutputError(f"Writing {path} failed ({reason}). What was written before is kept; check the disk.")


def write_whole(descriptor: int, data: bytes) -> None:
    """Writes all of `data`. A disk that takes only a part says why on the next attempt, so OSError names the cause."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def sync_folder(path: Path) -> None:
    """Forces names made, changed or removed in a folder onto the disk, where its file system can do that."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)


class DiskSync:
    """Forces what was written so far onto the disk, on a thread of its own: a busy disk takes seconds for it. The first
    time the file's name too, or a power cut would take the whole file.

    Requests that come while one is under way are answered together by the next, so nothing queues up. The file stays
    the caller's to close, after `close` of this.
    """

    def __init__(self, descriptor: int, folder: Path) -> None:
        """`folder` is where the file is."""
        self._descriptor = descriptor
        self._folder = folder
        self._wanted = threading.Event()
        self._closing = False
        self.failure: OSError | None = None
        self.count = 0
        self._thread = threading.Thread(target=self._run, name="disk-sync", daemon=True)
        self._thread.start()

    def request(self) -> None:
        """Raises OSError when an earlier request failed: the disk lost data it had accepted."""
        if self.failure is not None:
            raise self.failure
        self._wanted.set()

    def close(self) -> None:
        """Waits until all that was written before is on the disk, or a request has failed. May be called again."""
        self._closing = True
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            is_last = self._closing  # looked at before the sync: one that is under way may have missed the last bytes
            try:
                os.fdatasync(self._descriptor)
                if self.count == 0:
                    sync_folder(self._folder)
                self.count += 1
            except OSError as error:
                self.failure = error
                return
            if is_last:
                return
