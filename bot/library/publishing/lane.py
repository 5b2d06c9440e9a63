"""One destination's deliveries: what it is sent, what it is sent again, and what goes wrong stays in here."""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.errors import DeliveryError, NotYet, OutputError, UnknownRecording
from bot.library.catalogue.delivery import Delivery, DeliveryState, Kind
from bot.library.catalogue.recording import Recording
from bot.library.destinations.destination import Destination, Finished, Growing
from bot.library.publishing.attempt import attempt
from bot.library.publishing.books import Books
from bot.library.publishing.following import Following
from bot.library.publishing.parcel import finished_of, growing_of, unharmed
from bot.library.publishing.row_memory import RowMemory
from bot.library.publishing.schedule import LONGEST_NS, SECOND_NS, wait_ns

log = logging.getLogger(__name__)

AT_ONCE = 4
OPENING_S, CLOSING_S = 120.0, 5.0
LONGEST_SLEEP_S = 60.0
TROUBLE_S = 5.0  # until the next look, when the catalogue cannot be used, or after a defect
_LACKING = {
    DeliveryState.CONFIRMED: "its companions are not there yet: ",
    DeliveryState.WAIVED: "what was sent of it already is not taken back yet: ",
}


@dataclass(slots=True)
class Tally:
    """Since the start."""

    confirmed: int = 0
    failed: int = 0  # attempts


class Lane:
    """On the event loop's thread. `on_settled` is called with a recording's id when this destination has it."""

    def __init__(
        self,
        name: str,
        kind: Kind,
        destination: Destination,
        *,
        books: Books,
        library: Path,
        on_settled: Callable[[str], None],
    ) -> None:
        self.name, self.kind = name, kind
        self.tally = Tally()
        self._destination = destination
        self._books, self._rows = books, books.deliveries
        self._library = library
        self._on_settled = on_settled
        self._following = Following(destination, name, self._memory_of)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._news = asyncio.Event()
        self._is_open = False
        self._opening_failures = 0
        self._looking = True

    @property
    def is_busy(self) -> bool:
        """Something is under way, or may be about to be."""
        return bool(self._under_way) or self._looking or self._news.is_set()

    def observe(self, recording: Recording) -> None:
        """As it is now."""
        if self._destination.follows:
            growing = growing_of(recording, self._library, self._books.surroundings(recording)[0])
            if growing is None:
                self._following.forget(recording.id)
            else:
                self._following.wish(growing)
        self._news.set()

    def wake(self) -> None:
        self._news.set()

    def break_off(self, recording_id: str) -> None:
        """What is under way; whoever asks has seen to it that it is not begun again."""
        if (task := self._under_way.get(recording_id)) is not None:
            task.cancel()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                async with asyncio.TaskGroup() as group:
                    await self._work(group)
            except Exception:
                log.exception("a defect in publishing to %s", self.name)
            finally:
                await self._close()
            await asyncio.sleep(TROUBLE_S)

    async def _work(self, group: asyncio.TaskGroup) -> None:
        while True:
            self._news.clear()
            self._looking = True
            try:
                wait_s = await self._look(group)
            except OutputError as error:
                log.error("%s", error)
                wait_s = TROUBLE_S
            self._looking = False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._news.wait()

    async def _look(self, group: asyncio.TaskGroup) -> float:
        """Begins what is due; seconds until there may be more."""
        now_ns = time.time_ns()
        due = self._rows.due(
            self.name,
            self.kind,
            now_ns,
            latest_ns=now_ns + LONGEST_NS,
            beside=self._under_way,
            most=AT_ONCE - len(self._under_way),
        )
        if (due or self._following.has_more) and not self._is_open and not await self._open(due):
            return wait_ns(self._opening_failures, random.random()) / SECOND_NS
        self._following.start(group)
        for delivery in due:
            task = self._under_way[delivery.recording] = group.create_task(self._see_to(delivery))
            task.add_done_callback(partial(self._seen_to, delivery.recording))  # also of one cancelled before it began
        next_ns = self._rows.next_due_ns(now_ns)
        return LONGEST_SLEEP_S if next_ns is None else min(LONGEST_SLEEP_S, max(0, next_ns - now_ns) / SECOND_NS)

    async def _open(self, due: list[Delivery]) -> bool:
        try:
            async with asyncio.timeout(OPENING_S):
                await self._destination.__aenter__()
        except TimeoutError:
            problem = "It cannot be opened: it did not answer in time."
        except DeliveryError as error:
            problem = str(error)
        except Exception as error:
            log.exception("a defect in opening %s", self.name)
            problem = f"A defect of this program ({type(error).__name__}); the service's log says more."
        else:
            self._is_open, self._opening_failures = True, 0
            return True
        self._opening_failures += 1
        for delivery in due:
            self._failed(delivery, DeliveryError(problem))
        return False

    async def _close(self) -> None:
        if self._is_open:
            self._is_open = False
            try:
                async with asyncio.timeout(CLOSING_S):
                    await self._destination.__aexit__(None, None, None)
            except Exception as error:
                log.warning("%s was not closed in order: %r", self.name, error)

    async def _see_to(self, delivery: Delivery) -> None:
        try:
            await self._following.ended(delivery.recording)
            await self._advance(delivery)
        except OutputError as error:
            log.error("how %s stands with %s is not kept: %s", delivery.recording, self.name, error)
            await asyncio.sleep(TROUBLE_S)
        except Exception:
            log.exception("a defect in publishing %s to %s", delivery.recording, self.name)
            await asyncio.sleep(TROUBLE_S)

    def _seen_to(self, recording_id: str, _task: asyncio.Task[None]) -> None:
        del self._under_way[recording_id]
        self._news.set()

    async def _advance(self, delivery: Delivery) -> None:
        """The one step that is next."""
        try:
            recording = self._books.get(delivery.recording)
        except UnknownRecording:
            self._rows.forget(delivery)
            return
        memory = RowMemory(self._rows, delivery)
        try:
            if recording.path is None:
                await self._abandon(delivery, memory)
            elif delivery.state is DeliveryState.WAIVED:
                await self._take_back(delivery, memory)
            elif delivery.is_settled:
                await self._accompany(delivery, recording, memory)
            else:
                await self._deliver(delivery, recording, memory)
        except DeliveryError as error:
            self._failed(delivery, error)

    async def _deliver(self, delivery: Delivery, recording: Recording, memory: RowMemory) -> None:
        self._rows.set_state(delivery, DeliveryState.SENDING, delivery.problem)
        self._books.deliveries_changed(delivery.recording)
        finished = unharmed(self._finished(recording))
        evidence = await attempt(self._destination.deliver(finished, memory), memory)
        self._rows.confirm(delivery, evidence, time.time())
        self.tally.confirmed += 1
        self._on_settled(delivery.recording)

    async def _accompany(self, delivery: Delivery, recording: Recording, memory: RowMemory) -> None:
        if recording.trashed_at is None:
            await attempt(self._destination.accompany(self._finished(recording), memory), memory)
        self._rows.accompanied(delivery)
        if delivery.problem:
            self._books.deliveries_changed(delivery.recording)

    async def _abandon(self, delivery: Delivery, memory: RowMemory) -> None:
        await attempt(self._destination.abandon(memory), memory)
        self._rows.forget(delivery)

    async def _take_back(self, delivery: Delivery, memory: RowMemory) -> None:
        """Of one that is waived: nothing half-done is left there."""
        await attempt(self._destination.abandon(memory), memory)
        self._rows.taken_back(delivery)
        if delivery.problem:
            self._books.deliveries_changed(delivery.recording)

    def _failed(self, delivery: Delivery, error: DeliveryError) -> None:
        """Raises OutputError."""
        delay_ns = wait_ns(delivery.attempts + 1, random.random(), error.wait_s)
        problem = f"{_LACKING.get(delivery.state, '')}{error}"
        counts = not isinstance(error, NotYet)
        self._rows.failed(delivery, problem[:1].upper() + problem[1:], time.time_ns() + delay_ns, counts=counts)
        self.tally.failed += counts
        wait_s = delay_ns / SECOND_NS
        level = logging.WARNING if counts else logging.DEBUG
        log.log(level, "%s: %s goes there again in %.0f s. %s", self.name, delivery.recording, wait_s, problem)
        with contextlib.suppress(UnknownRecording):
            self._books.deliveries_changed(delivery.recording)

    def _finished(self, recording: Recording) -> Finished:
        return finished_of(recording, self._library, *self._books.surroundings(recording))

    def _memory_of(self, growing: Growing) -> RowMemory:
        """Raises OutputError."""
        recording_id = growing.recording.id
        self._rows.begin(recording_id, self.name, self.kind)
        return RowMemory(self._rows, Delivery(recording_id, self.name, self.kind))
