"""Keeps status.json as the board has it."""

import asyncio
import contextlib
import logging
import threading
from pathlib import Path

from bot.control.board import Board
from bot.control.status import Status

log = logging.getLogger(__name__)

KEEP_S = 60.0
RETRY_S = 1.0
PATIENCE_S = 3.0  # of those who want to know that it is on the disk


class Chronicle:
    """On the event loop's thread. A change that comes while one is written waits for it, and one is enough for all that
    came meanwhile."""

    def __init__(self, board: Board, folder: Path) -> None:
        self._board = board
        self._folder = folder
        self._seen = 0  # the version that was written last, as far as that was possible
        self._written = asyncio.Event()
        self._lock = threading.Lock()
        self._closed = False

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                await self._board.newer(self._seen, KEEP_S)
                version, status = self._board.version, self._board.newest
                if version != self._seen and status is not None:
                    try:
                        await asyncio.to_thread(self._write, status)
                    except RuntimeError as error:  # no thread for it: no reason to stop either
                        log.error("status.json in %s waits: %s", self._folder, error)
                        await asyncio.sleep(RETRY_S)
                        continue
                    self._seen = version
                    self._written.set()
                    self._written = asyncio.Event()
        finally:
            self._written.set()

    async def caught_up(self) -> None:
        """Returns when what is on the board now is on the disk too: whatever becomes of this process, the next one
        knows it. After 3 s at the latest, and when it cannot be written."""
        version = self._board.version
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while self._seen < version and not self._closed:
                    await self._written.wait()

    def close(self, last: Status | None) -> None:
        """Blocks for the disk. The last word stays the last, also when an earlier one is just being written."""
        with self._lock:
            self._closed = True
            if last is not None:
                _write(last, self._folder)

    def _write(self, status: Status) -> None:
        with self._lock:
            if not self._closed:
                _write(status, self._folder)


def _write(status: Status, folder: Path) -> None:
    try:
        status.write(folder)
    except OSError as error:  # a full disk is no reason to stop: the recording itself will say
        log.error("status.json in %s could not be written: %s", folder, error.strerror or error)
