"""All recordings that run: a keeper each, a spare bot, and what they take of the machine."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
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
REST_S, LONGEST_REST_S = 1.0, 30.0  # after a defect of ours, or on a machine that has nothing left to give


class Keepers:
    """An async context manager. Left, it leaves the bots running."""

    def __init__(
        self, configuration: Configuration, library: Path, on_change: Callable[[Recording, Recording], str]
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
        self._running = {
            tasks.create_task(_lasting(self.spares.run, "keeping a spare bot")),
            tasks.create_task(_lasting(self._sample, "measuring the machine")),
        }
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

    def has(self, recording_id: str) -> bool:
        """Whether it has a bot, be it one that has only its last words left to write."""
        return recording_id in self._by_recording

    def in_room(self, room_id: str) -> Keeper | None:
        """Of the recording that keeps the room from taking another."""
        keeper = self._by_room.get(room_id)
        return keeper if keeper is not None and keeper.recording.is_in_room else None

    def all(self) -> list[Keeper]:
        """Also those whose recording is over, but not yet their bot."""
        return list(self._by_recording.values())

    def refusal(self) -> str:
        """Why there is no room for one more recording; empty: there is."""
        running = [_running(keeper) for keeper in self.all() if not keeper.recording.is_made]
        try:
            return refusal(self._machine.read(), running, self._configuration)
        except OSError as error:
            return f"What the library's disk has left cannot be read: {error.strerror or error}."

    async def _look_after(self, keeper: Keeper) -> None:
        recording = keeper.recording
        try:
            while not keeper.is_done:
                await _lasting(keeper.run, f"looking after {recording.id}")
        finally:
            await keeper.close()
            del self._by_recording[recording.id]
            if self._by_room.get(recording.room) is keeper:
                del self._by_room[recording.room]
            if not self._by_recording:
                self.idle.set()

    async def _sample(self) -> None:
        while True:
            try:
                self._machine.sample(time.monotonic_ns())
            except OSError as error:
                log.warning("the processor's load cannot be read: %s", error)
            await asyncio.sleep(SAMPLE_S)

    def _let_go(self) -> None:
        for task in self._running:
            task.cancel()


async def _lasting(work: Callable[[], Awaitable[None]], what: str) -> None:
    """Again and again until it returns: one task's trouble is no other's. A bot that ran meanwhile is found again."""
    rest_s = REST_S
    while True:
        try:
            return await work()
        except Exception:
            log.exception("a defect in %s", what)
        await asyncio.sleep(rest_s)
        rest_s = min(2 * rest_s, LONGEST_REST_S)


def _running(keeper: Keeper) -> Running:
    live = keeper.recording.live
    if live is None or keeper.cores is None:
        return Running(gives_way=live.gives_way if live else "")
    return Running(keeper.cores, live.bitrate_kbps or None, live.gives_way)
