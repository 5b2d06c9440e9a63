"""Sees to it that each finished recording reaches each of its destinations."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.errors import NotNow, OutputError, UnknownDestination, UnknownRecording
from bot.library.catalogue.delivery import Delivery, DeliveryState, Evidence, Kind
from bot.library.catalogue.recording import Recording
from bot.library.destinations.address import FOLDER_NAME
from bot.library.destinations.destination import Destination
from bot.library.publishing.books import Books
from bot.library.publishing.lane import Lane, Tally
from bot.lifecycle import State

log = logging.getLogger(__name__)

TEND_S = 10.0
QUIET_S = 10.0
_LOOK_S = 0.02
_ASTRAY = "No destination '{name}' of kind {kind} is configured any more: configure it again, or waive it here."


class Publisher:
    """An async context manager; `observe` is one of the recordings' listeners. Nothing here ever fails or delays a
    recording: what a destination refuses waits in the catalogue, over restarts, for ever. Left, it breaks off what is
    under way; the next one goes on."""

    def __init__(self, books: Books, library: Path, destinations: Iterable[tuple[str, Kind, Destination]]) -> None:
        self._books, self._rows = books, books.deliveries
        self._lanes = {
            name: Lane(name, kind, made, books=books, library=library, on_settled=self._settled)
            for name, kind, made in destinations
        }
        self._unsettled: set[str] = set()  # could not be kept when they were published, or were held until now
        self._released = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Raises OutputError."""
        self._rows.restart()
        self._rows.note_astray([(lane.name, lane.kind) for lane in self._lanes.values()], _ASTRAY)
        self._group = asyncio.TaskGroup()
        await self._group.__aenter__()
        self._running = [self._group.create_task(lane.run()) for lane in self._lanes.values()]
        self._running.append(self._group.create_task(self._tend()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._running:
            task.cancel()
        await self._group.__aexit__(None, None, None)

    def observe(self, before: Recording | None, after: Recording) -> None:
        for lane in self._lanes.values():
            lane.observe(after)
        if before is not None and before.held and not after.held:  # what is settled already settles nothing any more
            self._unsettled.add(after.id)
            self._released.set()

    def settle(self, recordings: Iterable[Recording]) -> None:
        """After a start: what was confirmed in the moment in which the service died."""
        for recording in recordings:
            if recording.destinations and all(one.is_settled for one in recording.destinations):
                self._settled(recording.id)

    async def quiet(self, most_s: float = QUIET_S) -> None:
        """Until nothing is under way, or due; not for longer than `most_s`."""
        give_up_s = time.monotonic() + most_s
        await asyncio.sleep(0)
        while any(lane.is_busy for lane in self._lanes.values()) and time.monotonic() < give_up_s:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_S)

    def tallies(self) -> Mapping[Kind, Tally]:
        sums: dict[Kind, Tally] = {}
        for lane in self._lanes.values():
            total = sums.setdefault(lane.kind, Tally())
            total.confirmed += lane.tally.confirmed
            total.failed += lane.tally.failed
        return sums

    def backlog(self) -> list[tuple[Kind, int, int]]:
        """Kinds, with how many finished recordings wait for them and how many bytes these have."""
        return self._rows.backlog()

    # What those who run the service may wish

    def retry(self, recording_id: str, name: str) -> None:
        """Now. Raises UnknownDestination, NotNow, OutputError."""
        delivery = self._delivery(recording_id, name)
        if delivery.is_settled and not delivery.is_behind:
            raise NotNow(f"Destination {name!r} is settled already: {delivery.state}.")
        if delivery.state is DeliveryState.HELD:
            raise NotNow("It is held back until the room of the broadcast is closed.")
        self._rows.hurry(recording_id, name)
        self._wake()

    def confirm(self, recording: Recording, name: str, sha256: str) -> None:
        """A destination that took it says that it has it. Raises UnknownDestination, NotNow, OutputError."""
        delivery = self._delivery(recording.id, name)
        if delivery.state is DeliveryState.CONFIRMED:
            return
        origin = delivery.memory.get("taken")
        if delivery.is_settled or delivery.state is DeliveryState.HELD or not isinstance(origin, str):
            raise NotNow(f"Destination {name!r} has not said that it takes this recording and will confirm it.")
        if recording.sha256 is None:
            raise NotNow("The file's checksum has not been worked out yet; confirm it again in a minute.")
        if sha256 != recording.sha256:
            raise NotNow("That is not the file's SHA-256: what you have is damaged or not all of it. Fetch it again.")
        evidence = Evidence(origin, recording.size_bytes or 0, f"sha256:{sha256}")
        self._rows.confirm(delivery, evidence, time.time())
        self._break_off(delivery)
        self._settled(recording.id)

    def waive(self, recording_id: str, name: str) -> None:
        """It need not get there; what it has already is taken back. Raises UnknownDestination, NotNow, OutputError."""
        delivery = self._open_delivery(recording_id, name)
        if name == FOLDER_NAME:
            raise NotNow("The library's own folder cannot be waived; see what its problem is.")
        self._rows.set_state(delivery, DeliveryState.WAIVED)
        self._rows.hurry(recording_id, name)
        self._break_off(delivery)
        self._settled(recording_id)

    def _open_delivery(self, recording_id: str, name: str) -> Delivery:
        delivery = self._delivery(recording_id, name)
        if delivery.is_settled:
            raise NotNow(f"Destination {name!r} is settled already: {delivery.state}.")
        return delivery

    def _delivery(self, recording_id: str, name: str) -> Delivery:
        delivery = self._rows.get(recording_id, name)
        if delivery is None or not self._books.get(recording_id).is_made:
            raise UnknownDestination(f"This recording has no destination {name!r}.")
        return delivery

    def _break_off(self, delivery: Delivery) -> None:
        if (lane := self._lanes.get(delivery.name)) is not None:
            lane.break_off(delivery.recording)

    # What follows from it

    def _settled(self, recording_id: str) -> None:
        """One of its deliveries: everybody is told, and the manifest is to say so. When it was the last one, the
        recording is published, unless it is held. What cannot be kept now is kept later."""
        try:
            self._books.deliveries_changed(recording_id)
            recording = self._books.get(recording_id)
            waits = not recording.destinations or not all(one.is_settled for one in recording.destinations)
            if not waits and not recording.held and recording.published_at is None:
                self._books.amend(recording_id, _published)
            self._rows.want_again(recording_id, FOLDER_NAME)
        except UnknownRecording:
            self._unsettled.discard(recording_id)
        except OutputError as error:
            log.error("what became of %s is not kept yet: %s", recording_id, error)
            self._unsettled.add(recording_id)
        else:
            self._unsettled.discard(recording_id)
            self._wake()

    def _wake(self) -> None:
        for lane in self._lanes.values():
            lane.wake()

    async def _tend(self) -> None:
        while True:
            self._released.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TEND_S):
                    await self._released.wait()
            try:
                self._books.release_held()
                for recording_id in tuple(self._unsettled):
                    self._settled(recording_id)
            except Exception:
                log.exception("what is held back, or published, could not be looked through")


def _published(recording: Recording) -> Recording:
    state = State.AVAILABLE if recording.state is State.UPLOADING else recording.state
    return replace(recording, state=state, published_at=time.time())
