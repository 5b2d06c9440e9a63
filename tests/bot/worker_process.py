"""A bot as the service starts it: a process, an order in a folder, the control socket."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from bot.configuration import Configuration
from bot.control.link import Link
from bot.control.status import Status
from bot.errors import BotGone
from bot.recording import Order, new_order
from signaling.address import parse_address

PATIENCE_S = 60  # catches a hang, promises nothing
SMALL = {"ROOMREEL_WIDTH": "640", "ROOMREEL_HEIGHT": "360", "ROOMREEL_FPS": "15", "ROOMREEL_PRESET": "ultrafast"}
SMALL |= {"ROOMREEL_TRANSITION_MS": "0"}


def write_order(library: Path, url: str, **changes: Any) -> Order:
    configuration = Configuration(output=str(library / "recordings"))
    order = new_order(parse_address(url), token=None, title=None, configuration=configuration)
    order = replace(order, target=library / "media", **changes)
    order.write(order.folder)
    return order


@dataclass
class WorkerProcess:
    process: asyncio.subprocess.Process
    folder: Path

    @classmethod
    async def start(cls, folder: Path, *options: str, **environment: str) -> Self:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "work", str(folder), *options,
            env=os.environ | SMALL | environment, start_new_session=True,
        )  # fmt: skip
        return cls(process, folder)

    async def ended(self, patience_s: float = PATIENCE_S) -> int:
        """The exit code."""
        async with asyncio.timeout(patience_s):
            return await self.process.wait()

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    @property
    def last_words(self) -> Status:
        status = Status.read(self.folder)
        assert status is not None
        return status


@contextlib.asynccontextmanager
async def working(folder: Path, *options: str, **environment: str) -> AsyncIterator[tuple[WorkerProcess, Link]]:
    """A bot that is gone when this is left, whatever happens."""
    bot = await WorkerProcess.start(folder, *options, **environment)
    try:
        async with Link(folder) as link:
            yield bot, link
    finally:
        await bot.kill()


async def until(link: Link, wanted: Callable[[Status], bool], patience_s: float = PATIENCE_S) -> Status:
    """The first status that is as wanted; a bot that is not there yet is waited for."""
    async with asyncio.timeout(patience_s):
        while True:
            with contextlib.suppress(BotGone):
                async for status in link.events():
                    if wanted(status):
                        return status
            await asyncio.sleep(0.05)
