"""All recordings that run: a keeper each, a spare bot, and what they take of the machine."""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.configuration import Configuration
from bot.library.catalogue.recording import Recording
from bot.service.admission import Running, refusal
from bot.service.bot_environment import bot_environment
from bot.service.keeper import Keeper
from bot.service.machine import Machine
from bot.service.spares import Spares

log = logging.getLogger(__name__)

SPARE_LOG = "bots.log"
SAMPLE_S = 1.0
REST_S = 1.0  # after a defect of ours, before a recording is looked after again


class Keepers:
    """An async context manager. Left, it leaves the bots running."""

    def __init__(
        self, configuration: Configuration, library: Path, on_change: Callable[[Recording, Recording], None]
    ) -> None:
        self.idle = asyncio.Event()
        self.idle.set()
        self._configuration = configuration
        self._library = library
        self._on_change = on_change
        self._by_recording: dict[str, Keeper] = {}
        self._by_room: dict[str, Keeper] = {}
        self._machine = Machine(library)
        self._exits = AsyncExitStack()
        self.spares = Spares(bot_environment(configuration, os.environ), library / SPARE_LOG)

    async def __aenter__(self) -> Self:
        tasks = asyncio.TaskGroup()
        await self._exits.enter_async_context(tasks)
        self._tasks = tasks
        self._running = {tasks.create_task(self.spares.run()), tasks.create_task(self._sample())}
        self._exits.callback(self._let_go)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.__aexit__(None, None, None)  # an error of the body stays what it is, not part of a group

    def keep(self, recording: Recording) -> None:
        """From now until it is over, also when its bot runs already, or has died."""
        keeper = Keeper(recording, self._library, self.spares, self._on_change)
        self._by_recording[recording.id] = self._by_room[recording.room] = keeper
        self.idle.clear()
        task = self._tasks.create_task(self._look_after(keeper))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def get(self, recording_id: str) -> Keeper | None:
        return self._by_recording.get(recording_id)

    def in_room(self, room_id: str) -> Keeper | None:
        """Of the recording there that is not over; its bot may still be saying good-bye."""
        keeper = self._by_room.get(room_id)
        return None if keeper is None or keeper.recording.is_over else keeper

    def all(self) -> list[Keeper]:
        """Also those whose recording is over, but not yet their bot."""
        return list(self._by_recording.values())

    def refusal(self) -> str:
        """Why there is no room for one more recording; empty: there is."""
        return refusal(
            self._machine.read(),
            [_running(keeper) for keeper in self.all() if not keeper.recording.is_over],
            self._configuration,
        )

    async def _look_after(self, keeper: Keeper) -> None:
        recording = keeper.recording
        try:
            while not keeper.recording.is_over:
                try:
                    await keeper.run()
                except Exception:  # one recording's trouble is no other's; its bot is found again
                    log.exception("a defect in looking after %s", recording.id)
                    await asyncio.sleep(REST_S)
        finally:
            del self._by_recording[recording.id]
            if self._by_room[recording.room] is keeper:
                del self._by_room[recording.room]
            if not self._by_recording:
                self.idle.set()

    async def _sample(self) -> None:
        while True:
            self._machine.sample(time.monotonic_ns())
            await asyncio.sleep(SAMPLE_S)

    def _let_go(self) -> None:
        for task in self._running:
            task.cancel()


def _running(keeper: Keeper) -> Running:
    live = keeper.recording.live
    if live is None or keeper.cores is None:
        return Running(gives_way=live.gives_way if live else "")
    return Running(keeper.cores, live.bitrate_kbps or None, live.gives_way)
