"""The catalogue's recordings."""

import sqlite3
from collections.abc import Collection
from typing import Any

from bot.library.catalogue.database import Database
from bot.library.catalogue.recording import IN_ROOM, MADE, Recording
from bot.lifecycle import State


def _listed(states: Collection[State]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


SCHEMA = (
    """CREATE TABLE recordings (
        id TEXT PRIMARY KEY,
        entry TEXT NOT NULL,
        room TEXT NOT NULL GENERATED ALWAYS AS (entry ->> 'room') STORED,
        parent TEXT GENERATED ALWAYS AS (entry ->> 'parent') STORED,
        state TEXT NOT NULL GENERATED ALWAYS AS (entry ->> 'state') STORED
    ) STRICT""",
    f"CREATE UNIQUE INDEX one_recording_a_room ON recordings (room) WHERE state IN ({_listed(IN_ROOM)})",
    "CREATE INDEX recordings_by_room ON recordings (room, id)",
    "CREATE INDEX recordings_by_parent ON recordings (parent, id) WHERE parent IS NOT NULL",
    "CREATE INDEX recordings_by_state ON recordings (state, id)",
)


class RecordingRows:
    """Ids sort by the time at which a recording was asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, cursor: sqlite3.Cursor, recording: Recording) -> bool:
        """False, and nothing is changed, when its room has another that is not over."""
        try:
            cursor.execute("INSERT INTO recordings (id, entry) VALUES (?, ?)", (recording.id, recording.as_text()))
        except sqlite3.IntegrityError:
            return False
        return True

    def keep(self, recording: Recording) -> None:
        """As it stands now."""
        with self._database.transaction() as cursor:
            self.put(cursor, recording)

    def put(self, cursor: sqlite3.Cursor, recording: Recording) -> None:
        """The same, with what else belongs to it."""
        cursor.execute("UPDATE recordings SET entry = ? WHERE id = ?", (recording.as_text(), recording.id))

    def forget(self, recording: Recording) -> None:
        """One that never began."""
        with self._database.transaction() as cursor:
            cursor.execute("DELETE FROM recordings WHERE id = ?", (recording.id,))
            cursor.execute("DELETE FROM start_keys WHERE recording = ?", (recording.id,))

    def get(self, recording_id: str) -> Recording | None:
        rows = self._database.rows("SELECT entry FROM recordings WHERE id = ?", (recording_id,))
        return Recording.from_text(rows[0]["entry"]) if rows else None

    def unfinished(self) -> list[Recording]:
        """Those that still need a bot."""
        rows = self._database.rows(
            f"SELECT entry FROM recordings WHERE state NOT IN ({_listed(MADE)}) ORDER BY id"  # noqa: S608 - our own words
        )
        return [Recording.from_text(row["entry"]) for row in rows]

    def given_up(self) -> list[Recording]:
        """Those whose parts wait for another attempt."""
        rows = self._database.rows(
            "SELECT entry FROM recordings WHERE state = ? AND entry ->> 'given_up' ORDER BY id", (State.FAILED,)
        )
        return [Recording.from_text(row["entry"]) for row in rows]

    def held(self) -> list[Recording]:
        """Those that nobody is to see before their room is closed."""
        rows = self._database.rows("SELECT entry FROM recordings WHERE entry ->> 'held' ORDER BY id")
        return [Recording.from_text(row["entry"]) for row in rows]

    def unpublished(self) -> list[Recording]:
        """Those whose file is whole, and has not reached every destination."""
        rows = self._database.rows(
            "SELECT entry FROM recordings WHERE state = ? OR (state = ? AND entry ->> 'path' IS NOT NULL"
            " AND entry ->> 'published_at' IS NULL) ORDER BY id",
            (State.UPLOADING, State.FAILED),
        )
        return [Recording.from_text(row["entry"]) for row in rows]

    def without_sum(self, since_s: float, most: int) -> list[Recording]:
        """Those with a file of which nothing has been made yet, the newest first: those that ended since, and whatever
        is not published, because a destination may wait for the checksum."""
        rows = self._database.rows(
            f"SELECT entry FROM recordings WHERE state IN ({_listed(MADE)})"  # noqa: S608 - our own words
            " AND entry ->> 'path' IS NOT NULL AND entry ->> 'sha256' IS NULL AND entry ->> 'trashed_at' IS NULL"
            " AND (entry ->> 'ended_at' > ? OR entry ->> 'published_at' IS NULL) ORDER BY id DESC LIMIT ?",
            (since_s, most),
        )
        return [Recording.from_text(row["entry"]) for row in rows]

    def in_room(self, room_id: str) -> str | None:
        """The id of the one that keeps the room from taking another."""
        rows = self._database.rows(
            f"SELECT id FROM recordings WHERE room = ? AND state IN ({_listed(IN_ROOM)})",  # noqa: S608 - our own words
            (room_id,),
        )
        return rows[0]["id"] if rows else None

    def find(
        self,
        *,
        room: str | None = None,
        parent: str | None = None,
        states: Collection[State] | None = None,
        limit: int = 50,
        before: str | None = None,
    ) -> list[Recording]:
        """The newest first; `before` is the id of the last one of the page before. `parent`: of all its breakouts."""
        wanted: dict[str, Any] = {"room = ?": room, "parent = ?": parent, "id < ?": before}
        conditions = {condition: value for condition, value in wanted.items() if value is not None}
        if states is not None:
            conditions[f"state IN ({', '.join('?' * len(states))})"] = list(states)
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        values: list[Any] = []
        for value in conditions.values():
            values += value if isinstance(value, list) else [value]
        rows = self._database.rows(
            f"SELECT entry FROM recordings {where} ORDER BY id DESC LIMIT ?",  # noqa: S608 - values go by placeholders
            [*values, limit],
        )
        return [Recording.from_text(row["entry"]) for row in rows]
