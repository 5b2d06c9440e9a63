"""Where the newest status of a recording hangs, for any number of readers."""

import asyncio
import contextlib

from bot.control.status import Status


class Board:
    """On the event loop's thread. Keeps one status, the newest: a reader that is late misses what was in between."""

    def __init__(self) -> None:
        self.version = 0
        self._news = asyncio.Event()
        self.newest: Status | None = None

    def post(self, status: Status) -> None:
        self.newest = status
        self.version += 1
        self._news.set()
        self._news = asyncio.Event()

    async def newer(self, version: int, patience_s: float) -> None:
        """Returns when something newer than `version` hangs there, or after `patience_s`."""
        if version == self.version:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self._news.wait()
