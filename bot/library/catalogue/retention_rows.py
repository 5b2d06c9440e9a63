"""The catalogue as those see it who enter what was lost from it, and take out what is gone for good."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict

from bot.library.catalogue.database import Database
from bot.library.catalogue.delivery import Delivery
from bot.library.catalogue.recording import ENDED, Recording

_OVER = ", ".join(f"'{state}'" for state in sorted(ENDED))


class RetentionRows:
    def __init__(self, database: Database) -> None:
        self._database = database

    def trashed(self, *, after: str, limit: int) -> list[Recording]:
        """In the trash; the oldest first, behind the id `after`."""
        return self._found("entry ->> 'trashed_at' IS NOT NULL", after, limit)

    def over(self, *, after: str, limit: int) -> list[Recording]:
        """Over, and not in the trash; the oldest first, behind the id `after`."""
        return self._found("entry ->> 'trashed_at' IS NULL", after, limit)

    def all(self, *, after: str, limit: int) -> list[Recording]:
        """Whatever state they are in; the oldest first, behind the id `after`."""
        rows = self._database.rows("SELECT entry FROM recordings WHERE id > ? ORDER BY id LIMIT ?", (after, limit))
        return [Recording.from_text(row["entry"]) for row in rows]

    def stale_deliveries(self) -> list[tuple[str, str]]:
        """Recording and destination of those whose recording is not known."""
        rows = self._database.rows(
            "SELECT recording, name FROM deliveries WHERE recording NOT IN (SELECT id FROM recordings) ORDER BY 1, 2"
        )
        return [(row["recording"], row["name"]) for row in rows]

    def files(self) -> dict[str, str | None]:
        """All recordings' ids, with the path of the finished file in the library; None: there is none."""
        rows = self._database.rows("SELECT id, entry ->> 'path' AS path FROM recordings")
        return {row["id"]: row["path"] for row in rows}

    def enter(self, cursor: sqlite3.Cursor, recording: Recording, deliveries: Sequence[Delivery]) -> bool:
        """A recording that the catalogue does not know. False, and nothing is changed, when it knows it, or when its
        room has another that is not over."""
        try:
            cursor.execute("INSERT INTO recordings (id, entry) VALUES (?, ?)", (recording.id, recording.as_text()))
        except sqlite3.IntegrityError:
            return False
        for one in deliveries:
            evidence = None if one.evidence is None else json.dumps(asdict(one.evidence))
            cursor.execute(
                "INSERT INTO deliveries (recording, name, kind, place, state, evidence, confirmed_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (recording.id, one.name, one.kind, one.place, one.state, evidence, one.confirmed_at),
            )
        return True

    def remove(self, recording: Recording) -> None:
        """And all that hangs on it. Raises OutputError."""
        with self._database.transaction() as cursor:
            cursor.execute("DELETE FROM recordings WHERE id = ?", (recording.id,))
            cursor.execute("DELETE FROM deliveries WHERE recording = ?", (recording.id,))
            cursor.execute("DELETE FROM start_keys WHERE recording = ?", (recording.id,))

    def _found(self, condition: str, after: str, limit: int) -> list[Recording]:
        rows = self._database.rows(
            f"SELECT entry FROM recordings WHERE state IN ({_OVER}) AND {condition} AND id > ?"  # noqa: S608 - our own words
            " ORDER BY id LIMIT ?",
            (after, limit),
        )
        return [Recording.from_text(row["entry"]) for row in rows]
