"""A log file that cannot fill the disk."""

import contextlib
import io
import os
from collections.abc import Sequence
from pathlib import Path

MOST_BYTES = 4 << 20


class BoundedLog(io.TextIOBase):
    """Appends to `path`; at 4 MiB that becomes `path`.1, in place of the one before, and a new file begins: the
    newest 4 MiB at least are kept. What cannot be written is let go and counted in `lost`.

    `takes_over`: descriptors of the process that from now on lead to the file as well."""

    def __init__(self, path: Path, *, takes_over: Sequence[int] = (), most_bytes: int = MOST_BYTES) -> None:
        """Raises OSError."""
        self.lost = 0
        self._path = path
        self._takes_over = takes_over
        self._most_bytes = most_bytes
        self._descriptor = -1
        self._open()

    def write(self, text: str) -> int:
        data = text.encode(errors="backslashreplace")
        try:
            if os.fstat(self._descriptor).st_size + len(data) > self._most_bytes:
                self._turn()
            os.write(self._descriptor, data)
        except OSError:
            self.lost += 1
        return len(text)

    def writable(self) -> bool:
        return True

    def _turn(self) -> None:
        with contextlib.suppress(FileNotFoundError):  # turned before, and no new one could be opened
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        self._open()

    def _open(self) -> None:
        """Where that fails the file before stays the one: its descriptor's number is never anybody else's."""
        before = self._descriptor
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        if before >= 0:
            with contextlib.suppress(OSError):
                os.close(before)
        for descriptor in self._takes_over:
            os.dup2(self._descriptor, descriptor)
