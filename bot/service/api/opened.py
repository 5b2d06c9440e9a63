"""Files that are about to be handed out: opened with care, and not too many at once."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from bot.service.api.download import Download
from bot.service.api.problem import Problem

MOST_DOWNLOADS = 256  # each has a file open for as long as its reader likes

_places = asyncio.Semaphore(MOST_DOWNLOADS)


@contextlib.asynccontextmanager
async def opened(path: Path | None) -> AsyncIterator[int]:
    """The file, never through a symbolic link. Raises Problem 404, or 503 when too many are open."""
    if _places.locked():
        raise Problem(503, "Too many download already; try again in half a minute.", headers={"Retry-After": "30"})
    async with _places:
        try:
            if path is None:
                raise FileNotFoundError
            descriptor = await asyncio.to_thread(os.open, path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            raise Problem(404, "This file is not there, or not any more.") from None
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def whole(
    descriptor: int, media_type: str, disposition: str | None = None, more: Mapping[str, str] | None = None
) -> Download:
    """Of a file that stays as it is."""
    facts = os.fstat(descriptor)
    tag = f"{facts.st_ino:x}-{facts.st_size:x}-{facts.st_mtime_ns:x}"
    return Download(descriptor, facts.st_size, media_type, tag, disposition, more or {})
