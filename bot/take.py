"""What goes on at the same time while one part of a recording is made, until the first reason to end."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from bot.desk import Desk
from bot.journal.journal import Journal
from bot.journal.witness import Witness
from bot.lifecycle import EndReason, State
from bot.presence import Presence
from bot.progress import Progress
from bot.receive.receiver import Receiver
from bot.rig import Rig

log = logging.getLogger(__name__)

POLL_S = 0.01
LOOK_S = 0.1
PROGRESS_S = 1.0


class Take:
    """Single use. On the event loop."""

    def __init__(
        self,
        desk: Desk,
        presence: Presence,
        receiver: Receiver,
        journal: Journal,
        on_progress: Callable[[Progress], None],
    ) -> None:
        """`on_progress` is called once a second, until it raises."""
        self._desk = desk
        self._presence = presence
        self._receiver = receiver
        self._journal = journal
        self._on_progress: Callable[[Progress], None] | None = on_progress
        self._witness: Witness | None = Witness(journal, desk, presence, receiver)

    def begin(self, rig: Rig, part: int, gap_ns: int) -> None:
        """The part of that number, whose first `gap_ns` stand for what nobody recorded."""
        self.witnessed(lambda witness: witness.begin(rig, part, gap_ns))

    async def run(self, rig: Rig) -> tuple[EndReason, Exception | None]:
        """Why it ended, and the error when it did not end in order. Whatever goes wrong here, the file is finished."""
        reason, trouble = EndReason.FAILED, None
        works = (self._poll(rig), self._look(), self._tell(rig), self._journal.run())
        try:
            async with asyncio.TaskGroup() as group:
                beside = [group.create_task(work) for work in works]
                ends = [  # the first of them counts when several come together
                    group.create_task(_after(rig.mix_failed.wait(), lambda: EndReason.FAILED)),
                    group.create_task(self._presence.stay(rig.attendance)),
                    group.create_task(
                        _after(self._desk.end_asked.wait(), lambda: self._desk.end_reason or EndReason.STOPPED)
                    ),
                ]
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                for task in (*beside, *ends):
                    task.cancel()
                reason = next(task for task in ends if task.done()).result()
        except* Exception as errors:
            log.exception("the recording broke off")
            reason, trouble = EndReason.FAILED, errors.exceptions[0]
        return reason, trouble

    def say(self, rig: Rig) -> None:
        """How it goes. A reader that is gone, or a gauge that is broken, is no reason to stop recording."""
        if self._on_progress is None:
            return
        try:
            progress = rig.gauge.read(time.monotonic_ns())
            self._desk.take(progress)
            self._on_progress(progress)
        except Exception as error:
            log.warning("progress is told no more: %r", error)
            self._on_progress = None

    def look(self) -> None:
        """Note what has changed until now."""
        now_ns = time.monotonic_ns()
        self.witnessed(lambda witness: witness.look(now_ns))

    def witnessed(self, noted: Callable[[Witness], None]) -> None:
        """A history that breaks off is no reason to stop recording."""
        if self._witness is None:
            return
        try:
            noted(self._witness)
        except Exception:
            log.exception("what happens from now on is not noted")
            self._witness = None

    async def _poll(self, rig: Rig) -> None:
        """The one timer of all that waits for packets."""
        while True:
            self._receiver.poll(time.monotonic_ns())
            if self._desk.state is State.STARTING and rig.output.fragments:
                self._desk.first_frame()
            await asyncio.sleep(POLL_S)

    async def _look(self) -> None:
        while True:
            self._desk.look(time.monotonic_ns())
            self.look()
            await asyncio.sleep(LOOK_S)

    async def _tell(self, rig: Rig) -> None:
        while True:
            await asyncio.sleep(PROGRESS_S)
            self.say(rig)


async def _after(event: Awaitable[object], reason: Callable[[], EndReason]) -> EndReason:
    await event
    return reason()
