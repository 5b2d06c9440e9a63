"""Finished recordings by where people look for them: a room's Media and Files, and somebody's own."""

from bot.library.catalogue.database import Database
from bot.library.catalogue.recording import Recording
from bot.lifecycle import State
from signaling.model import RoomKind

_OWNERS_OF_ROOM = (
    "INSERT OR IGNORE INTO room_owners (owner, room, rank)"
    " SELECT named.value, new.id, named.key FROM json_each(new.entry, '$.owners') AS named ORDER BY named.key;"
)
# Triggers keep who owns which room: whoever writes rooms need not know of it.
SCHEMA = (
    """CREATE TABLE room_owners (
        owner TEXT NOT NULL,
        room TEXT NOT NULL,
        rank INTEGER NOT NULL,
        PRIMARY KEY (owner, room)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX room_owners_by_room ON room_owners (room)",
    """INSERT OR IGNORE INTO room_owners (owner, room, rank)
        SELECT named.value, rooms.id, named.key FROM rooms, json_each(rooms.entry, '$.owners') AS named
        ORDER BY rooms.id, named.key""",
    f"CREATE TRIGGER room_told AFTER INSERT ON rooms BEGIN {_OWNERS_OF_ROOM} END",
    "CREATE TRIGGER room_changed BEFORE UPDATE ON rooms BEGIN DELETE FROM room_owners WHERE room = old.id; END",
    f"CREATE TRIGGER room_told_again AFTER UPDATE ON rooms BEGIN {_OWNERS_OF_ROOM} END",
    "CREATE TRIGGER room_forgotten AFTER DELETE ON rooms BEGIN DELETE FROM room_owners WHERE room = old.id; END",
    "CREATE INDEX recordings_by_owner ON recordings (entry ->> 'owner', id)",
)

# Where the ids come from, and then what they all have in common.
_IN_ROOM = "SELECT id FROM recordings WHERE room = :of AND entry ->> 'room_kind' != :breakout"
_OF_BREAKOUTS = """SELECT id FROM recordings WHERE parent = :of
    UNION ALL SELECT id FROM recordings WHERE room = :of AND entry ->> 'room_kind' = :breakout"""
_OWN = """SELECT id FROM recordings WHERE entry ->> 'owner' = :of
    UNION ALL SELECT recordings.id FROM room_owners JOIN recordings ON recordings.room = room_owners.room
        WHERE room_owners.owner = :of AND room_owners.rank > 0
    UNION ALL SELECT recordings.id FROM room_owners JOIN recordings ON recordings.parent = room_owners.room
        WHERE room_owners.owner = :of AND room_owners.rank > 0"""
_FINISHED = """state IN (:uploading, :available, :failed) AND entry ->> 'path' IS NOT NULL
    AND entry ->> 'trashed_at' IS NULL AND (:before IS NULL OR id < :before)"""
_WORDS = {
    "breakout": RoomKind.BREAKOUT.value,
    "uploading": State.UPLOADING.value,
    "available": State.AVAILABLE.value,
    "failed": State.FAILED.value,
}


class MediaRows:
    """Those with a finished file that is not in the trash, the newest first, at most `limit`; `before` is the id of the
    last one of the page before."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_room(self, room: str, *, limit: int, before: str | None) -> list[Recording]:
        """Made in the room itself, unless it is a breakout."""
        return self._found(_IN_ROOM, room, limit, before)

    def of_breakouts(self, room: str, *, limit: int, before: str | None) -> list[Recording]:
        """Made in the room's breakouts; of a breakout, its own."""
        return self._found(_OF_BREAKOUTS, room, limit, before)

    def of_owner(self, identity: str, *, limit: int, before: str | None) -> list[Recording]:
        """Owned by that identity, or perhaps owned together with others: a later owner of the room, or of its parent
        room. Which of the two rooms counts is for the rules to say."""
        return self._found(_OWN, identity, limit, before)

    def _found(self, ids: str, of: str, limit: int, before: str | None) -> list[Recording]:
        rows = self._database.rows(
            f"SELECT entry FROM recordings WHERE id IN ({ids}) AND {_FINISHED}"  # noqa: S608 - values go by placeholders
            " ORDER BY id DESC LIMIT :limit",
            {"of": of, "limit": limit, "before": before, **_WORDS},
        )
        return [Recording.from_text(row["entry"]) for row in rows]
