"""The picture that stands for a recording in lists: the fullest of its first minute."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.library.image import as_jpeg
from bot.library.poster import POSTER_FILE, WIDTH, Picture, fullness
from bot.library.replacement import replace_file

log = logging.getLogger(__name__)

LOOKS_S = (0.5, 1.0, 1.5, 3.0, 6.0, 12.0, 16.0, 20.0)  # one after the other
BETTER = 1.1  # times as full as the one before, to take its place


class Poster:
    """poster.jpg in `folder`, replaced by better ones in the first minute, then left alone. One that a part before has
    left stays. `still` gives only what is in the file: what happens in a pause is nobody's to see later."""

    def __init__(self, still: Callable[[int], Awaitable[Picture | None]], folder: Path) -> None:
        self._still = still
        self._path = folder / POSTER_FILE
        self._best = -1.0

    async def run(self) -> None:
        """Never raises: no picture is worth a recording."""
        try:
            await self._pick()
        except Exception:
            log.exception("there may be no poster")

    async def _pick(self) -> None:
        if await asyncio.to_thread(self._path.exists):
            return
        for wait_s in LOOKS_S:
            await asyncio.sleep(wait_s)
            picture = await self._still(WIDTH)
            if picture is not None:
                await asyncio.to_thread(self._consider, picture)

    def _consider(self, picture: Picture) -> None:
        full = fullness(picture)
        if full <= self._best * BETTER:
            return
        replace_file(self._path, as_jpeg(picture))
        self._best = full
