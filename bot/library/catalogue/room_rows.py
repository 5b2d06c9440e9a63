"""The catalogue's rooms."""

import sqlite3
from dataclasses import replace

from bot.library.catalogue.database import Database
from bot.library.catalogue.room_entry import RoomEntry

SCHEMA = (
    """CREATE TABLE rooms (
        id TEXT PRIMARY KEY,
        entry TEXT NOT NULL,
        parent TEXT GENERATED ALWAYS AS (entry ->> 'parent') STORED
    ) STRICT""",
    "CREATE INDEX rooms_by_parent ON rooms (parent) WHERE parent IS NOT NULL",
)


class RoomRows:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, room: RoomEntry) -> None:
        """Whatever was known of the room before is replaced, but not when it was closed last."""
        known = self.get(room.id)
        if known is not None and known.closed_at is not None and room.closed_at is None:
            room = replace(room, closed_at=known.closed_at)
        with self._database.transaction() as cursor:
            self._write(cursor, room)

    def close(self, cursor: sqlite3.Cursor, room_id: str, now_s: float) -> None:
        """Notes that a room was closed; one that nobody has told of is none."""
        room = self.get(room_id)
        if room is not None and (room.closed_at or 0.0) < now_s:
            self._write(cursor, replace(room, closed_at=now_s))

    def _write(self, cursor: sqlite3.Cursor, room: RoomEntry) -> None:
        cursor.execute(
            "INSERT INTO rooms (id, entry) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET entry = excluded.entry",
            (room.id, room.as_text()),
        )

    def get(self, room_id: str) -> RoomEntry | None:
        rows = self._database.rows("SELECT entry FROM rooms WHERE id = ?", (room_id,))
        return RoomEntry.from_text(rows[0]["entry"]) if rows else None

    def breakouts(self, parent: str) -> tuple[RoomEntry, ...]:
        rows = self._database.rows("SELECT entry FROM rooms WHERE parent = ? ORDER BY id", (parent,))
        return tuple(RoomEntry.from_text(row["entry"]) for row in rows)
