"""One service a library."""

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Self

from bot.errors import OutputError


class LibraryLock:
    """Held until `release`, or until this process ends, however it ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, library: Path) -> Self:
        """Makes the folder where it is missing, mode 700. Raises OutputError when another service has it, or when it
        cannot be written to."""
        try:
            library.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(library / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise OutputError(
                f"The library {library} cannot be used: {error.strerror}. Choose another with --library."
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise OutputError(
                f"Another service has the library {library}. Stop that one, or choose another folder with --library."
            ) from None
        return cls(descriptor)

    @staticmethod
    def is_taken(library: Path) -> bool:
        """Whether a service has it now; looks without touching, so that none is refused because of that."""
        try:
            lock = (library / ".lock").stat()
            locks = Path("/proc/locks").read_text().splitlines()
        except OSError:
            return False
        words = [line.split() for line in locks]  # number, FLOCK, ADVISORY, WRITE, pid, device:inode, from, to
        holders = [each[4] for each in words if each[1] == "FLOCK" and each[5].endswith(f":{lock.st_ino}")]
        return any(_has_open(pid, lock) for pid in holders)

    def release(self) -> None:
        """May be called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _has_open(pid: str, file: os.stat_result) -> bool:
    """Another file system's inode may have the same number, and on some the device is not the one that `stat` says. A
    process that cannot be looked into has it."""
    try:
        descriptors = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return True
    for descriptor in descriptors:
        with contextlib.suppress(OSError):  # closed by now
            if os.path.samestat(os.stat(f"/proc/{pid}/fd/{descriptor}"), file):
                return True
    return False
