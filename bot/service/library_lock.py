"""One service a library."""

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
            inode = (library / ".lock").stat().st_ino
            locks = Path("/proc/locks").read_text().splitlines()
        except OSError:
            return False
        return any("FLOCK" in line and f":{inode} " in line for line in locks)

    def release(self) -> None:
        """May be called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
