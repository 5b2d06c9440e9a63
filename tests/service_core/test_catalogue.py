"""The catalogue keeps what it was told, once, across restarts, and says so when it cannot."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import OutputError
from bot.library.catalogue.database import Database
from bot.library.catalogue.recording import Live, Recording
from bot.library.catalogue.recording_rows import RecordingRows
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.catalogue.room_rows import RoomRows
from bot.library.catalogue.start_keys import KEPT_S, MOST_KEYS, KeyUse, StartKeys
from bot.lifecycle import EndReason, State
from bot.service.schema import MIGRATIONS
from signaling.model import RoomKind

NOON_S = 1_700_000_000.0


def recording(recording_id: str, room: str, state: State = State.STARTING, parent: str | None = None) -> Recording:
    return Recording(
        id=recording_id,
        room=room,
        room_title="Team",
        room_kind=RoomKind.SINGLE if parent is None else RoomKind.BREAKOUT,
        parent=parent,
        title="Team",
        state=state,
        asked_at=NOON_S,
        started_by="ann",
        owner="ann",
        folder="Recordings",
    )


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "catalogue.sqlite", MIGRATIONS)


def add(database: Database, *recordings: Recording) -> list[bool]:
    rows = RecordingRows(database)
    with database.transaction() as cursor:
        return [rows.add(cursor, one) for one in recordings]


def test_everything_said_of_a_recording_comes_back(tmp_path: Path) -> None:
    """After a restart a recording is what it was, apart from what was true for a moment only."""
    full = replace(
        recording("a", "x/../y"),
        state=State.AVAILABLE,
        end_reason=EndReason.HOST_ABSENT,
        recording_since=NOON_S + 1.25,
        chapters=((0.0, "Beginning"), (3.5, "Recording resumed")),
        path="media/x/Recordings/Rec.mp4",
        problem="ünïcode \x00 \n sentence",
        live=Live(3.0),
    )
    with Database(tmp_path / "c", MIGRATIONS) as database:
        add(database, full)
    with Database(tmp_path / "c", MIGRATIONS) as database:
        kept = RecordingRows(database).get("a")
    assert kept == replace(full, live=None)
    assert kept is not None
    assert kept.live is None


def test_one_recording_a_room(database: Database) -> None:
    """A room takes a second recording only when nobody is in it for the first any more."""
    for state in State:
        first, second = recording(f"{state}-1", state), recording(f"{state}-2", state)
        assert add(database, replace(first, state=state)) == [True]
        free = state in {State.UPLOADING, State.AVAILABLE, State.FAILED}
        assert add(database, second) == [free], state


def test_pages_of_recordings(database: Database) -> None:
    """The newest come first, page by page, of one room, of all breakouts of a room, or in some states."""
    add(database, *(recording(f"2026-{n:02}", f"room {n % 3}", State.AVAILABLE) for n in range(9)))
    add(database, recording("2026-20", "b1", parent="main"), recording("2026-21", "b2", State.FAILED, parent="main"))
    rows = RecordingRows(database)
    pages: list[list[str]] = []
    while not pages or pages[-1]:
        before = pages[-1][-1] if pages else None
        pages.append([one.id for one in rows.find(limit=4, before=before)])
    assert [len(page) for page in pages] == [4, 4, 3, 0]
    assert sum(pages, []) == sorted(sum(pages, []), reverse=True)  # noqa: RUF017 - a handful
    assert [one.id for one in rows.find(room="room 1")] == ["2026-07", "2026-04", "2026-01"]
    assert [one.id for one in rows.find(parent="main", states=[State.FAILED])] == ["2026-21"]
    assert rows.find(states=[]) == []
    assert [one.id for one in rows.unfinished()] == ["2026-20"]


def test_rooms_and_their_breakouts(database: Database) -> None:
    """What is told of a room replaces what was known; its breakouts are found by it."""
    rooms = RoomRows(database)
    main = RoomEntry("main'; DROP TABLE rooms; --", "roomreel+ws://h/rooms/main", "s3cret", hosts=("ann",))
    rooms.put(main)
    rooms.put(replace(main, title="New", kind=RoomKind.GALLERY))
    breakouts = [RoomEntry(f"b{n}", "roomreel+ws://h/rooms/b", kind=RoomKind.BREAKOUT, parent=main.id) for n in (1, 2)]
    for room in breakouts:
        rooms.put(room)
    assert rooms.get(main.id) == replace(main, title="New", kind=RoomKind.GALLERY)
    assert rooms.breakouts(main.id) == tuple(breakouts)
    assert rooms.get("nobody") is None


def test_secrets_of_a_room_are_not_shown() -> None:
    """A room's token and address, which may hold a pin, are in no text that a log could show."""
    room = RoomEntry("r", "janus+ws://h/1?pin=1234", "s3cret", webhook_url="https://h/?k=abcd")
    assert not any(secret in repr(room) for secret in ("1234", "s3cret", "abcd"))


def test_keys_of_starts(database: Database) -> None:
    """A key answers its sender for a day, nobody else, and the oldest go when there are too many."""
    keys = StartKeys(database)
    use = KeyUse("rec", "hash")
    with database.transaction() as cursor:
        keys.add(cursor, "k", "ann", use, NOON_S)
    assert keys.use("k", "ann", NOON_S + KEPT_S - 1) == use
    assert keys.use("k", "ben", NOON_S) is None
    assert keys.use("k", "ann", NOON_S + KEPT_S) is None
    with database.transaction() as cursor:
        rows = ((f"k{n}", "h", "r", NOON_S + n / 1000) for n in range(1, MOST_KEYS + 5))
        cursor.executemany("INSERT INTO start_keys VALUES (?, ?, ?, ?)", rows)
        keys.add(cursor, "last", "ann", use, NOON_S + 60)
    assert database.rows("SELECT count(*) FROM start_keys")[0][0] == MOST_KEYS
    assert keys.use("k", "ann", NOON_S + 60) is None
    assert keys.use("last", "ann", NOON_S + 60) == use


def test_all_or_nothing(database: Database) -> None:
    """A transaction that breaks off leaves nothing behind, and the next one works."""
    rows = RecordingRows(database)

    def broken() -> None:
        with database.transaction() as cursor:
            rows.add(cursor, recording("a", "x"))
            raise RuntimeError("defect")

    with pytest.raises(RuntimeError):
        broken()
    assert rows.get("a") is None
    assert add(database, recording("a", "x")) == [True]


def test_the_file_is_the_owners(tmp_path: Path) -> None:
    """Rooms' tokens are in it: nobody else may read it, nor what SQLite puts beside it."""
    with Database(tmp_path / "c", MIGRATIONS) as database:
        add(database, recording("a", "x"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes) >= {"c", "c-wal"}
    assert set(modes.values()) == {0o600}


def test_a_file_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    """A damaged catalogue, one of a later version and a place that cannot be written to end in a sentence."""
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"not a catalogue at all" * 1000)
    with pytest.raises(OutputError, match=r"cannot be read.*Move it away"):
        Database(damaged, MIGRATIONS)
    later = tmp_path / "later"
    Database(later, (*MIGRATIONS, ("CREATE TABLE more (id TEXT)",))).close()
    with pytest.raises(OutputError, match="later roomreel"):
        Database(later, MIGRATIONS)
    with pytest.raises(OutputError, match="cannot be opened"):
        Database(tmp_path / "nowhere" / "c", MIGRATIONS)


def test_an_older_file_is_brought_up_to_date(tmp_path: Path) -> None:
    """What an earlier version kept is still there after a migration."""
    with Database(tmp_path / "c", MIGRATIONS) as database:
        add(database, recording("a", "x"))
    with Database(tmp_path / "c", (*MIGRATIONS, ("CREATE TABLE more (id TEXT)",))) as database:
        assert RecordingRows(database).get("a") is not None
        assert database.rows("SELECT * FROM more") == []
