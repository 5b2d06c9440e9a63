"""What the catalogue knows, as it stands, and everybody who is told when that changes."""

import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from bot.errors import AlreadyRecording, KeyReused, OutputError, UnknownRecording
from bot.library.catalogue.database import Database
from bot.library.catalogue.delivery import Kind
from bot.library.catalogue.delivery_rows import DeliveryRows
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.recording_rows import RecordingRows
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.catalogue.room_rows import RoomRows
from bot.library.catalogue.start_keys import KeyUse, StartKeys
from bot.library.holding import ROOM_ENDED, held_until, is_held

log = logging.getLogger(__name__)

Listener = Callable[[Recording | None, Recording], None]


class Ledger:
    """On the event loop's thread. `targets`: the names of the destinations, in their order, with their kinds."""

    def __init__(self, database: Database, targets: Sequence[tuple[str, Kind]], *, room_timeout_s: float) -> None:
        self.database = database
        self.rows = RecordingRows(database)
        self.rooms = RoomRows(database)
        self.keys = StartKeys(database)
        self.deliveries = DeliveryRows(database)
        self.listeners: list[Listener] = []
        self.on_live: list[Callable[[Recording], None]] = []
        self._targets = targets
        self._room_timeout_s = room_timeout_s

    def get(self, recording_id: str) -> Recording:
        """As it was kept last. Raises UnknownRecording."""
        recording = self.rows.get(recording_id)
        if recording is None:
            raise UnknownRecording("There is no such recording.")
        return self.with_destinations([recording])[0]

    def with_destinations(self, recordings: Sequence[Recording]) -> list[Recording]:
        found = self.deliveries.of_each([one.id for one in recordings if one.is_made])
        return [replace(one, destinations=found[one.id]) if one.id in found else one for one in recordings]

    def surroundings(self, recording: Recording) -> tuple[RoomEntry | None, RoomEntry | None]:
        """Its room and that room's parent, as they are now."""
        parent = None if recording.parent is None else self.rooms.get(recording.parent)
        return self.rooms.get(recording.room), parent

    def is_published_at_once(self, recording: Recording, room: RoomEntry, parent: RoomEntry | None) -> bool:
        """As soon as its bot has finished the file: it goes nowhere else, and is not held back."""
        held = held_until(recording, room, parent, timeout_s=self._room_timeout_s)
        return len(self._targets) == 1 and held is None

    def add(self, room: RoomEntry, recording: Recording, key: tuple[str, str] | None) -> None:
        """A new one, and what is known of its room. `key` of its request, with the hash of what was asked. Raises
        AlreadyRecording, OutputError."""
        self.rooms.put(room)
        with self.database.transaction() as cursor:
            if not self.rows.add(cursor, recording):  # one that its keeper has left, and could not be kept
                raise AlreadyRecording(self.rows.in_room(room.id) or recording.id)
            if key is not None:
                use = KeyUse(recording.id, key[1])
                self.keys.add(cursor, key[0], recording.started_by, use, recording.asked_at)

    def asked_before(self, key: str, by: str, body_hash: str) -> str | None:
        """The id of what a start with that key has begun. Raises KeyReused when something else was asked for then."""
        used = self.keys.use(key, by, time.time())
        if used is not None and used.body_hash != body_hash:
            raise KeyReused("This Idempotency-Key came with another request before; use a new one.")
        return None if used is None else used.recording

    def changed(self, before: Recording, after: Recording) -> str:
        """By its bot. Why it cannot be kept; nobody is told before it is."""
        unkept = ""
        try:
            if after != before:  # `live` does not count
                self._keep(before, after)
        except OutputError as error:
            unkept = str(error)
        if after.live is not None:
            call_each(self.on_live, after)
        return unkept

    def amend(self, recording_id: str, change: Callable[[Recording], Recording]) -> Recording:
        """One that is made; everybody is told. Raises UnknownRecording, and OutputError when it cannot be kept."""
        before = self.get(recording_id)
        after = change(before)
        return before if after == before else self._keep(before, after)

    def tell(self, before: Recording | None, after: Recording) -> None:
        call_each(self.listeners, before, after)

    def describe_again(self, recording_id: str) -> None:
        """To all destinations. Raises UnknownRecording, OutputError."""
        with self.database.transaction() as cursor:
            self.deliveries.want(cursor, recording_id)
        self.deliveries_changed(recording_id)

    def deliveries_changed(self, recording_id: str) -> None:
        """Everybody is told of them."""
        recording = self.get(recording_id)
        self.tell(recording, recording)

    def _keep(self, before: Recording, after: Recording) -> Recording:
        """When it is made, it is planned in the same transaction where it goes, and its room closed that ended with it.
        Raises OutputError when nothing of that is kept; what is kept stays so, whatever fails afterwards."""
        is_new = after.is_made and not before.is_made
        if is_new:
            after = replace(after, held=self.is_held(after))
        ends_room = is_new and after.end_reason in ROOM_ENDED
        with self.database.transaction() as cursor:
            self.rows.put(cursor, after)
            if is_new:
                self.plan(cursor, after)
            elif after.is_made and _describes(before) != _describes(after):
                self.deliveries.want(cursor, after.id)
            if before.held and not after.held:
                self.deliveries.release(cursor, after.id)
            if ends_room:
                self.rooms.close(cursor, after.room, time.time() if after.ended_at is None else after.ended_at)
        with _logged(f"where {after.id} goes could not be read"):
            after = self.with_destinations([after])[0]
        self.tell(before, after)
        if ends_room:
            self.release_held()
        return after

    def close_room(self, room_id: str) -> None:
        """What was held back until now is published. Raises OutputError."""
        with self.database.transaction() as cursor:
            self.rooms.close(cursor, room_id, time.time())
        self.release_held()

    def release_held(self) -> None:
        """Those whose room has been closed meanwhile, or is over by its time-out. What cannot be released now is at
        the next call."""
        held: list[Recording] = []
        with _logged("what is held back could not be read"):
            held = self.rows.held()
        for recording in held:
            with _logged(f"{recording.id} is held back for longer"):
                if not self.is_held(recording):
                    self.amend(recording.id, lambda one: replace(one, held=False))

    def plan_missing(self) -> None:
        """Where what is to be published goes, for those that nobody has planned it for."""
        for recording in self.with_destinations(self.rows.unpublished()):
            if not recording.destinations:
                with self.database.transaction() as cursor:
                    self.plan(cursor, recording)

    def plan(self, cursor: sqlite3.Cursor, recording: Recording) -> None:
        """One that is made. Where nothing came of it, what was begun is to be taken back; not while another attempt to
        finish it is to come."""
        if recording.path is not None:
            self.deliveries.plan(cursor, recording, self._targets)
        elif not recording.given_up:
            self.deliveries.release(cursor, recording.id)

    def is_held(self, recording: Recording) -> bool:
        """Whether it is to be, by its room as it is now."""
        room, parent = self.surroundings(recording)
        return is_held(recording, room, parent, timeout_s=self._room_timeout_s, now_s=time.time())


def _describes(recording: Recording) -> tuple[object, ...]:
    """What destinations are told again when it changes."""
    what_of = (recording.sha256, recording.companions, recording.owner, recording.title, recording.folder)
    return (*what_of, recording.file)


@contextlib.contextmanager
def _logged(what: str) -> Iterator[None]:
    """Trouble with the catalogue that undoes nothing of what is kept."""
    try:
        yield
    except (OutputError, UnknownRecording, sqlite3.Error) as error:
        log.error("%s: %s", what, error)


def call_each(listeners: Iterable[Callable[..., None]], *values: object) -> None:
    for listener in list(listeners):
        try:
            listener(*values)
        except Exception:
            log.exception("a listener failed")
