"""What a destination is sent of recordings that still grow."""

import asyncio
import logging
import random
from collections.abc import Callable

from bot.errors import DeliveryError, OutputError
from bot.library.destinations.destination import Destination, Growing
from bot.library.publishing.attempt import attempt
from bot.library.publishing.row_memory import RowMemory
from bot.library.publishing.schedule import SECOND_NS, wait_ns

log = logging.getLogger(__name__)

SILENCE_S = 6 * 3600.0  # at a low bitrate there is nothing to send for long


class Following:
    """On the event loop's thread. One task a growing recording: as many as there are recordings at once."""

    def __init__(self, destination: Destination, name: str, memory: Callable[[Growing], RowMemory]) -> None:
        self._destination = destination
        self._name = name
        self._memory = memory
        self._wishes: dict[str, Growing] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def has_more(self) -> bool:
        """There is one to follow that is not followed yet."""
        return bool(self._unfollowed())

    def wish(self, growing: Growing) -> bool:
        """False: it was wished before."""
        is_new = growing.recording.id not in self._wishes
        if is_new:
            self._wishes[growing.recording.id] = growing
        return is_new

    def start(self, group: asyncio.TaskGroup) -> None:
        """All that are wished."""
        for recording_id in self._unfollowed():
            task = group.create_task(self._follow(self._wishes[recording_id]))
            self._tasks[recording_id] = task

    def _unfollowed(self) -> set[str]:
        return {one for one in self._wishes if (task := self._tasks.get(one)) is None or task.done()}

    def forget(self, recording_id: str) -> None:
        """It grows no more. May be called again."""
        self._wishes.pop(recording_id, None)
        if (task := self._tasks.get(recording_id)) is not None:
            task.cancel()

    async def ended(self, recording_id: str) -> None:
        """Forgets it, and returns when nothing more is sent of it."""
        self.forget(recording_id)
        if (task := self._tasks.pop(recording_id, None)) is not None:
            await asyncio.wait({task})

    async def _follow(self, growing: Growing) -> None:
        """Until cancelled, whatever happens: the recording does not depend on it."""
        failures = 0
        while True:
            asked_s = None
            try:
                memory = self._memory(growing)
                await attempt(self._destination.follow(growing, memory), memory, SILENCE_S)
            except (DeliveryError, OutputError) as error:
                asked_s = error.wait_s if isinstance(error, DeliveryError) else None
                log.warning("%s does not follow recording %s: %s", self._name, growing.recording.id, error)
            failures += 1
            await asyncio.sleep(wait_ns(failures, random.random(), asked_s) / SECOND_NS)
