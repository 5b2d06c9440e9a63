"""Where a bot listens: a socket in its recording's folder, which one bot at a time may work in."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.errors import FolderTaken

SOCKET = "control.sock"


class Place:
    """The folder, held open. A socket's path may have 107 bytes at most; by way of the open folder any path fits.

    A context manager; with `alone` the folder is taken for this process until it ends, however it ends. Raises
    FolderTaken, and OSError when there is no such folder."""

    def __init__(self, folder: Path, *, alone: bool = False) -> None:
        self.folder = folder
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        if not alone:
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise FolderTaken(f"Another bot is at work in {folder}; stop it first.") from None

    @property
    def socket(self) -> str:
        return f"/proc/self/fd/{self._descriptor}/{SOCKET}"

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
