"""journal.jsonl while it grows."""

import asyncio
import contextlib
import errno
import logging
import os
import threading
from collections import deque
from pathlib import Path
from typing import Any

from bot.journal.line import ESSENTIAL, Line, What

log = logging.getLogger(__name__)

FLUSH_S = 0.5  # what a crash takes
MOST_BYTES = 64 << 20  # a day with forty participants fills a third of it
RESERVE_BYTES = 4 << 20  # beyond it, for the essential lines
MOST_WAITING = 20_000  # lines, while the disk does not take them


class Journal:
    """Appends. `note` and `mend` on the event loop's thread: they neither block nor raise. A disk that is full or slow
    costs lines, never the recording: they are counted in `left_out`, and `broken` says that there is a hole. Then only
    essential lines are taken, which wait, until `mend`, after which everything that is still so has to be said again.
    """

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self.left_out = 0
        self.noted = 0
        self._path = path
        self._most_bytes = most_bytes
        self._waiting: deque[Line] = deque()
        self._lock = threading.Lock()  # held while it is written
        self._descriptor: int | None = None
        self._bytes = 0
        self._hole_ns: int | None = None
        self._full = False
        self._closed = False
        self._hindered = False

    @property
    def broken(self) -> bool:
        return self._hole_ns is not None and not self._full

    def note(self, what: What, at_ns: int, **values: Any) -> None:
        """Lines need not come in the order of their time."""
        line = Line(at_ns, what, values)
        if self._closed or (self._hole_ns is not None and what not in ESSENTIAL):
            self.left_out += 1
        elif len(self._waiting) >= MOST_WAITING:
            self._lose(line)
        else:
            self.noted += 1
            self._waiting.append(line)

    def mend(self) -> None:
        """Go on behind the hole."""
        hole_ns, self._hole_ns = self._hole_ns, None
        if hole_ns is not None and not any(line.what is What.HOLE for line in tuple(self._waiting)):
            self.note(What.HOLE, hole_ns, left_out=self.left_out)

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(FLUSH_S)
            if self._waiting:
                await self._flush_beside()

    async def _flush_beside(self) -> None:
        """Without a thread for it, lines wait as they do for a slow disk."""
        try:
            await asyncio.to_thread(self.flush)
        except Exception as error:
            if not self._hindered:
                log.warning("journal.jsonl is not written for now: %r", error)
            self._hindered = True
        else:
            self._hindered = False

    def flush(self) -> None:
        """Blocks for the disk."""
        with self._lock:
            lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if not lines:
                return
            try:
                self._append(lines)
            except Exception as error:  # of no OSError: a defect, and no reason to stop recording
                if not self.left_out:
                    log.warning("journal.jsonl cannot be written: %s", error)
                self._waiting.extendleft(line for line in reversed(lines) if line.what in ESSENTIAL)
                for line in lines:
                    if line.what not in ESSENTIAL:
                        self._lose(line)

    def close(self) -> None:
        """What was noted is on the disk, as far as it takes it. Blocks for the disk; idempotent."""
        self.flush()
        self._closed = True
        with self._lock, contextlib.suppress(OSError):
            if self._descriptor is not None:
                descriptor, self._descriptor = self._descriptor, None
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def _append(self, lines: list[Line]) -> None:
        descriptor = self._open()
        text = bytearray()
        for line in lines:
            encoded = line.encoded()
            if self._has_room(line, self._bytes + len(text) + len(encoded)):
                text += encoded
        if text and os.write(descriptor, text) < len(text):
            os.ftruncate(descriptor, self._bytes)
            raise OSError(errno.ENOSPC, "No space left on device")
        self._bytes += len(text)

    def _has_room(self, line: Line, size: int) -> bool:
        """Of a journal that is full, every line that is not essential is left out from the first one on."""
        if size > self._most_bytes and not self._full:
            self._full = True
            self._hole_ns = line.at_ns
            self._waiting.append(Line(line.at_ns, What.HOLE, {"left_out": self.left_out}))
            log.warning("journal.jsonl is full: what happens from now on is not in it")
        if not self._full or (line.what in ESSENTIAL and size <= self._most_bytes + RESERVE_BYTES):
            return True
        self.left_out += 1
        return False

    def _open(self) -> int:
        """A last line that a crash has torn is ended."""
        if self._descriptor is None:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                size = os.fstat(descriptor).st_size
                if size and os.pread(descriptor, 1, size - 1) != b"\n":
                    size += os.write(descriptor, b"\n")
            except OSError:
                os.close(descriptor)
                raise
            self._descriptor, self._bytes = descriptor, size
        return self._descriptor

    def _lose(self, line: Line) -> None:
        self.left_out += 1
        if self._hole_ns is None or line.at_ns < self._hole_ns:
            self._hole_ns = line.at_ns
