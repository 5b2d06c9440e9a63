"""Idempotency keys: a start that is sent again answers what the first one did."""

import hashlib
import sqlite3
from dataclasses import dataclass

from bot.library.catalogue.database import Database

KEPT_S = 24 * 3600
MOST_KEYS = 10_000  # beyond that the oldest are forgotten

SCHEMA = (
    """CREATE TABLE start_keys (
        key TEXT PRIMARY KEY,
        body_hash TEXT NOT NULL,
        recording TEXT NOT NULL,
        used_at REAL NOT NULL
    ) STRICT""",
    "CREATE INDEX start_keys_by_time ON start_keys (used_at)",
)


@dataclass(frozen=True, slots=True)
class KeyUse:
    recording: str
    body_hash: str


class StartKeys:
    """A key belongs to who sent it: two who choose the same one are not in each other's way."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def use(self, key: str, by: str, now_s: float) -> KeyUse | None:
        """What it was used for within the last KEPT_S."""
        rows = self._database.rows(
            "SELECT recording, body_hash FROM start_keys WHERE key = ? AND used_at > ?",
            (_own(key, by), now_s - KEPT_S),
        )
        return KeyUse(rows[0]["recording"], rows[0]["body_hash"]) if rows else None

    def add(self, cursor: sqlite3.Cursor, key: str, by: str, use: KeyUse, now_s: float) -> None:
        cursor.execute("DELETE FROM start_keys WHERE used_at <= ?", (now_s - KEPT_S,))
        cursor.execute(
            "DELETE FROM start_keys WHERE key IN (SELECT key FROM start_keys ORDER BY used_at DESC LIMIT -1 OFFSET ?)",
            (MOST_KEYS - 1,),
        )
        cursor.execute(
            "INSERT OR REPLACE INTO start_keys (key, body_hash, recording, used_at) VALUES (?, ?, ?, ?)",
            (_own(key, by), use.body_hash, use.recording, now_s),
        )


def _own(key: str, by: str) -> str:
    return hashlib.sha256(f"{len(by)}:{by}:{key}".encode()).hexdigest()
