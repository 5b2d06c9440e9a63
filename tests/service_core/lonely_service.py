"""A service that is to be killed: records the rooms it is given by URL, and says when it does."""

import asyncio
import sys
from pathlib import Path

from bot.service.recordings import Recordings
from tests.service_core.running import configured, entry, until_recorded


async def run(library: Path, urls: list[str]) -> None:
    async with Recordings(configured(library)) as service:
        made = [await service.start(entry(url, f"room {n}"), by="ann") for n, url in enumerate(urls)]
        for one in made:
            await until_recorded(service, one.id, 2.0)
        sys.stdout.write("recording\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


asyncio.run(run(Path(sys.argv[1]), sys.argv[2:]))
