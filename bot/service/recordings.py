"""The service's heart: every room it was told of, every recording it made, and a keeper for each that runs."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.configuration import Configuration
from bot.control.link import Link
from bot.control.status import Status
from bot.errors import AlreadyRecording, Draining, NoRoomLeft, NotNow, OutputError
from bot.library.catalogue.database import Database
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.destinations.choice import FACTORIES, Factory, chosen
from bot.library.destinations.destination import Kind
from bot.library.folder import RecordingFolder
from bot.library.places import RECORDINGS, work_folder
from bot.library.publishing.publisher import Publisher
from bot.lifecycle import EndReason, State
from bot.service.commission import amend_order, new_order, new_recording, write_down
from bot.service.keeper import Keeper
from bot.service.keepers import Keepers
from bot.service.ledger import Ledger, Listener
from bot.service.library_lock import LibraryLock
from bot.service.recovery.orphans import enter_orphans
from bot.service.schema import MIGRATIONS
from bot.service.workplace import POSTER

CATALOGUE = "catalogue.sqlite"


class Recordings:
    """An async context manager that owns all bots' keepers, and the publisher of what they have made. Left, it leaves
    the bots running: the next one finds them. Used on its event loop; what does not await is done at once, so two
    requests cannot come between each other.

    `listeners` are called at each change of a recording's state or of anything else that lasts, with it before (None:
    new) and after; those of `on_live` each second of a running one, with its figures. One that raises is logged."""

    def __init__(self, configuration: Configuration, factories: Mapping[Kind, Factory] = FACTORIES) -> None:
        """Raises ConfigurationError for destinations that cannot be."""
        self.library = Path(configuration.library).resolve()
        self.listeners: list[Listener] = []
        self.on_live: list[Callable[[Recording], None]] = []
        self.draining = False
        self._configuration = configuration
        self._destinations = chosen(configuration, self.library, factories)
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Raises OutputError when the library cannot be used, or another service has it."""
        async with AsyncExitStack() as exits:
            exits.callback(LibraryLock.take(self.library).release)
            (self.library / RECORDINGS).mkdir(mode=0o700, exist_ok=True)
            self.database = exits.enter_context(Database(self.library / CATALOGUE, MIGRATIONS))
            self.ledger = ledger = Ledger(
                self.database,
                [(name, kind) for name, kind, _ in self._destinations],
                room_timeout_s=self._configuration.room_timeout_s,
            )
            ledger.listeners, ledger.on_live = self.listeners, self.on_live
            enter_orphans(self.library, ledger)
            ledger.plan_missing()
            publisher = Publisher(ledger, self.library, self._destinations)
            self.publisher = await exits.enter_async_context(publisher)
            self.listeners.append(publisher.observe)
            self._keepers = await exits.enter_async_context(Keepers(self._configuration, self.library, ledger.changed))
            self.idle, self.spare_ready = self._keepers.idle, self._keepers.spares.ready
            self.has_bot = self._keepers.has
            self._find_again()
            self._exits = exits.pop_all()
        return self

    def _find_again(self) -> None:
        """What an earlier service has left."""
        rows = self.ledger.rows
        self.publisher.settle(self.ledger.with_destinations(rows.unpublished()))
        for recording in rows.unfinished():
            self._keepers.keep(recording)
            self.publisher.observe(None, recording)
        for recording in rows.given_up():
            self._try_again(recording)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.__aexit__(kind, error, trace)

    def put(self, room: RoomEntry) -> None:
        """What a later start of that room uses; `follow` tells the one that is under way."""
        self.ledger.rooms.put(room)

    def room(self, room_id: str) -> RoomEntry | None:
        return self.ledger.rooms.get(room_id)

    def breakouts(self, parent_id: str) -> tuple[RoomEntry, ...]:
        return self.ledger.rooms.breakouts(parent_id)

    def get(self, recording_id: str) -> Recording:
        """Raises UnknownRecording."""
        keeper = self._keepers.get(recording_id)
        return self.ledger.get(recording_id) if keeper is None or keeper.is_done else self._latest(keeper)

    def active(self, room_id: str) -> Recording | None:
        """The one that keeps the room from taking another."""
        keeper = self._keepers.in_room(room_id)
        return None if keeper is None else keeper.recording

    def list(
        self,
        *,
        room: str | None = None,
        parent: str | None = None,
        states: Collection[State] | None = None,
        limit: int = 50,
        before: str | None = None,
    ) -> Sequence[Recording]:
        """The newest first. `parent`: of all its breakouts; `before`: the id of the last one of the page before."""
        found = self.ledger.rows.find(room=room, parent=parent, states=states, limit=limit, before=before)
        return [
            self._latest(keeper) if (keeper := self._keepers.get(one.id)) and not keeper.is_done else one
            for one in self.ledger.with_destinations(found)
        ]

    def running(self) -> Sequence[Recording]:
        """Those that need their bot."""
        return [keeper.recording for keeper in self._keepers.all() if not keeper.recording.is_made]

    def capacity(self) -> tuple[bool, str]:
        """Whether one more would be taken, and if not, why."""
        why = "The service is about to end." if self.draining else self._keepers.refusal()
        return not why, why

    def part_path(self, recording_id: str, number: int) -> Path | None:
        """Of what is being written; None when there is no such part, or no longer. Raises UnknownRecording."""
        return _there(RecordingFolder(self.library / RECORDINGS, self.get(recording_id).id).part(number))

    def file_path(self, recording_id: str) -> Path | None:
        """Of the finished file; None when there is none, or it was taken away. Raises UnknownRecording."""
        recording = self.get(recording_id)
        if recording.path is None or recording.trashed_at is not None:
            return None
        return _there(self.library / recording.path)

    def poster_path(self, recording_id: str) -> Path | None:
        """Raises UnknownRecording."""
        return _there(work_folder(self.library, self.get(recording_id).id) / POSTER)

    async def picture(self, recording_id: str, width: int) -> bytes:
        """JPEG of right now. Raises UnknownRecording; NotNow while there is none."""
        return await self._keeper(recording_id).picture(width)

    # Doing

    async def start(
        self,
        room: RoomEntry,
        *,
        by: str,
        title: str | None = None,
        layout: str | None = None,
        key: str | None = None,
        body_hash: str = "",
    ) -> Recording:
        """Accepted: it is `starting`, and its bot on its way. A `key` that came before answers what it did then.

        Raises AlreadyRecording, NoRoomLeft, Draining, KeyReused; AddressError for the room's URL; OutputError when the
        library cannot be written to."""
        now = datetime.now(UTC)
        if (known := self.asked_before(key, by, body_hash)) is not None:
            return known
        self.admit(room)
        parent = self.room(room.parent) if room.parent else None
        recording = new_recording(room, parent, by=by, title=title, layout=layout, asked_at=now)
        announces = self.ledger.is_published_at_once(recording, room, parent)
        order = new_order(room, recording, self.library, announces=announces)
        self.ledger.add(room, recording, None if key is None else (key, body_hash))
        try:
            write_down(order, recording, room, parent)
        except OSError as error:
            self.ledger.rows.forget(recording)
            raise self._unwritable(error) from error
        self._keepers.keep(recording)
        self.ledger.tell(None, recording)
        return recording

    def asked_before(self, key: str | None, by: str, body_hash: str) -> Recording | None:
        """What a start with that Idempotency-Key has begun. Raises KeyReused."""
        recording_id = None if key is None else self.ledger.asked_before(key, by, body_hash)
        return None if recording_id is None else self.get(recording_id)

    def admit(self, room: RoomEntry) -> None:
        """Raises AlreadyRecording, NoRoomLeft, Draining when a start in that room would."""
        if self.draining:
            raise Draining("The service is about to end and takes no new recordings; ask another one.")
        if (running := self.active(room.id)) is not None:
            raise AlreadyRecording(running.id)
        if why := self._keepers.refusal():
            raise NoRoomLeft(why)

    async def pause(self, recording_id: str) -> Recording:
        """Raises UnknownRecording, NotNow."""
        return await self._wish(recording_id, lambda link: link.pause())

    async def resume(self, recording_id: str) -> Recording:
        """Raises UnknownRecording, NotNow."""
        return await self._wish(recording_id, lambda link: link.resume())

    async def set_layout(self, recording_id: str, layout: str) -> Recording:
        """Raises UnknownRecording, NotNow."""
        return await self._wish(recording_id, lambda link: link.layout(layout))

    async def stop(self, recording_id: str) -> Recording:
        """In order; the file is finished some time later. Raises UnknownRecording, NotNow."""
        return await self._keeper(recording_id).end(EndReason.STOPPED)

    async def host(self, room_id: str, present: bool, identity: str | None = None) -> None:
        """The host of the room came or left. Without a recording there is nobody to tell. Raises NotNow."""
        if (keeper := self._keepers.in_room(room_id)) is not None:
            await keeper.tell_host(present, identity)

    async def follow(self, room_id: str) -> None:
        """A room that is recorded was told of anew: its bot goes by that. Raises OutputError when it cannot be kept."""
        keeper, room = self._keepers.in_room(room_id), self.room(room_id)
        if keeper is None or room is None:
            return
        try:
            goes_on = await asyncio.to_thread(amend_order, work_folder(self.library, keeper.recording.id), room)
        except OSError as error:
            raise self._unwritable(error) from error
        if goes_on:
            await keeper.follow()

    async def close_room(self, room_id: str) -> None:
        """Its recording, if there is one, ends, and so do those of its breakouts: they live no longer than it does.
        What was held back until now is published. Raises OutputError when that cannot be kept: they end even so."""
        try:
            self.ledger.close_room(room_id)
        finally:
            rooms = (room_id, *(room.id for room in self.breakouts(room_id)))
            keepers = [keeper for one in rooms if (keeper := self._keepers.in_room(one)) is not None]
            await asyncio.gather(*(keeper.end(EndReason.ROOM_CLOSED) for keeper in keepers))

    def amend(self, recording_id: str, change: Callable[[Recording], Recording]) -> Recording:
        """Another owner, and what else no bot decides. Raises UnknownRecording, OutputError."""
        keeper = self._keepers.get(recording_id)
        if keeper is None or keeper.is_done:
            return self.ledger.amend(recording_id, change)
        keeper.account.amend(change)
        return keeper.recording

    def drain(self) -> None:
        """No new ones from now on. `idle` is set when the last one is over."""
        self.draining = True

    async def stop_all(self) -> None:
        """In order. Returns when all files are finished, and published where that is soon done."""
        await asyncio.gather(*(keeper.end(EndReason.STOPPED) for keeper in self._keepers.all()))
        await self.idle.wait()
        await self.publisher.quiet()

    def _latest(self, keeper: Keeper) -> Recording:
        """What is over and not kept yet may be held all the same."""
        one = keeper.recording
        return replace(one, held=self.ledger.is_held(one)) if one.is_made else one

    def _unwritable(self, error: OSError) -> OutputError:
        return OutputError(f"The library {self.library} cannot be written to: {error.strerror}.")

    def _keeper(self, recording_id: str) -> Keeper:
        keeper = self._keepers.get(recording_id)
        if keeper is None or keeper.recording.is_made:
            self.get(recording_id)
            raise NotNow("This recording is over.")
        return keeper

    async def _wish(self, recording_id: str, ask: Callable[[Link], Awaitable[Status]]) -> Recording:
        return await self._keeper(recording_id).wish(ask)

    def _try_again(self, recording: Recording) -> None:
        """To finish what an earlier service could not. Not while its room is taken: then the next start does."""
        if self.ledger.rows.in_room(recording.room) is None:
            again = replace(recording, state=State.FINALISING, given_up=False, problem="", held=False)
            self.ledger.rows.keep(again)
            self._keepers.keep(again)


def _there(path: Path) -> Path | None:
    return path if path.is_file() else None
