"""Messages that wait to be delivered, in the catalogue: they outlive the service."""

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, field

from bot.library.catalogue.database import Database

MOST_MESSAGES = 10_000  # delivered ones among them; beyond it the oldest delivered go, then the oldest of all
MOST_GONE = 1_000  # addresses that want nothing any more; beyond it the oldest are asked again
SPARE = 100  # so many go at once: not each new message has to look for one

SCHEMA = (
    """CREATE TABLE outbox (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        url TEXT NOT NULL,
        recording TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        reached INTEGER NOT NULL DEFAULT 1,
        due_ns INTEGER NOT NULL,
        ended INTEGER NOT NULL DEFAULT 0,
        body BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX outbox_waiting ON outbox (url, recording, number) WHERE ended = 0",
    "CREATE INDEX outbox_due ON outbox (due_ns) WHERE ended = 0",
    "CREATE INDEX outbox_ended ON outbox (ended, number)",
    "CREATE TABLE outbox_gone (url TEXT PRIMARY KEY, since_ns INTEGER NOT NULL) STRICT",
    "CREATE TABLE outbox_told (recording TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT",
)

# The first message of each recording that waits for an address (later ones stay behind it), which of them are due, and
# the place of each among those of its address. One pass over an index and a look at each: 10,000 take 60 ms.
_DUE = """WITH
first AS (
    SELECT min(number) AS number FROM outbox INDEXED BY outbox_waiting WHERE ended = 0 GROUP BY url, recording),
due AS (
    SELECT number, url, due_ns, attempts > 0 AS retry, id IN (SELECT value FROM json_each(:under_way)) AS flying
    FROM first JOIN outbox USING (number) WHERE due_ns <= :now_ns),
placed AS (
    SELECT *, row_number() OVER (PARTITION BY url ORDER BY flying DESC, retry, due_ns) AS place FROM due),
chosen AS (
    SELECT number, retry FROM placed WHERE place <= :an_address AND NOT flying ORDER BY retry, due_ns LIMIT :most)
SELECT id, url, recording, body, attempts FROM chosen JOIN outbox USING (number) ORDER BY retry, due_ns"""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one address. `id` is the same at every attempt: by it a receiver knows what came twice."""

    id: str
    url: str = field(repr=False)
    recording: str
    body: bytes = field(repr=False)
    attempts: int = 0


class Outbox:
    """Bounded by MOST_MESSAGES. `dropped` counts what went undelivered for want of room, since the start."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._count: int = database.rows("SELECT count(*) FROM outbox")[0][0]
        self.dropped = 0

    def put(self, recording: str, state: str, letters: Collection[Letter], due_ns: Collection[int]) -> None:
        """The letters of one change of a recording's state, each with when it is due; and that it was told."""
        with self._database.transaction() as cursor:
            for letter, due in zip(letters, due_ns, strict=True):
                cursor.execute(
                    "INSERT INTO outbox (id, url, recording, body, due_ns) VALUES (?, ?, ?, ?, ?)",
                    (letter.id, letter.url, letter.recording, letter.body, due),
                )
            cursor.execute("INSERT OR REPLACE INTO outbox_told (recording, state) VALUES (?, ?)", (recording, state))
            self._count += len(letters)
            if self._count > MOST_MESSAGES:
                self._make_room(cursor)

    def _make_room(self, cursor: sqlite3.Cursor) -> None:
        wanted = self._count - MOST_MESSAGES + SPARE
        oldest = "SELECT number, ended FROM outbox ORDER BY ended DESC, number LIMIT ?"
        going = cursor.execute(oldest, (wanted,)).fetchall()
        self.dropped += sum(not row["ended"] for row in going)
        numbers = json.dumps([row["number"] for row in going])
        cursor.execute("DELETE FROM outbox WHERE number IN (SELECT value FROM json_each(?))", (numbers,))
        cursor.execute("DELETE FROM outbox_told WHERE recording NOT IN (SELECT recording FROM outbox)")
        self._count -= len(going)

    def due(self, now_ns: int, *, under_way: Collection[str], an_address: int, most: int) -> list[Letter]:
        """What may be sent now: the first that waits of each recording, at most `an_address` for each address (with
        those under way), first attempts before retries."""
        values = {
            "under_way": json.dumps(list(under_way)),
            "now_ns": now_ns,
            "an_address": an_address,
            "most": most,
        }
        rows = self._database.rows(_DUE, values)
        return [Letter(row["id"], row["url"], row["recording"], row["body"], row["attempts"]) for row in rows]

    def next_due_ns(self, after_ns: int) -> int | None:
        """When something falls due that is not due yet."""
        rows = self._database.rows("SELECT min(due_ns) FROM outbox WHERE ended = 0 AND due_ns > ?", (after_ns,))
        found: int | None = rows[0][0]
        return found

    def delivered(self, letter: Letter, now_ns: int) -> None:
        """Also: its address answers. What could not reach it waits no longer, and what was refused keeps its turn."""
        with self._database.transaction() as cursor:
            cursor.execute("UPDATE outbox SET ended = 1, attempts = attempts + 1 WHERE id = ?", (letter.id,))
            cursor.execute(
                "UPDATE outbox SET due_ns = ? WHERE url = ? AND ended = 0 AND reached = 0 AND due_ns > ?",
                (now_ns, letter.url, now_ns),
            )

    def failed(self, letter: Letter, *, due_ns: int | None, reached: bool) -> None:
        """Again at `due_ns`; None: given up."""
        with self._database.transaction() as cursor:
            cursor.execute(
                "UPDATE outbox SET attempts = attempts + 1, reached = ?, due_ns = coalesce(?, due_ns), ended = ?"
                " WHERE id = ? AND ended = 0",
                (reached, due_ns, due_ns is None, letter.id),
            )

    def rest(self, url: str, until_ns: int) -> None:
        """Nothing that waits goes there before that moment."""
        with self._database.transaction() as cursor:
            cursor.execute(
                "UPDATE outbox SET due_ns = ? WHERE url = ? AND ended = 0 AND due_ns < ?", (until_ns, url, until_ns)
            )

    def gone(self, url: str, now_ns: int) -> None:
        """The address wants nothing any more: what waits for it is not sent, and nothing new is put."""
        with self._database.transaction() as cursor:
            cursor.execute("INSERT OR REPLACE INTO outbox_gone (url, since_ns) VALUES (?, ?)", (url, now_ns))
            cursor.execute("UPDATE outbox SET ended = 1 WHERE url = ? AND ended = 0", (url,))
            cursor.execute(
                "DELETE FROM outbox_gone WHERE url IN"
                " (SELECT url FROM outbox_gone ORDER BY since_ns DESC LIMIT -1 OFFSET ?)",
                (MOST_GONE,),
            )

    def is_gone(self, url: str) -> bool:
        return bool(self._database.rows("SELECT 1 FROM outbox_gone WHERE url = ?", (url,)))

    def addresses_gone(self) -> int:
        found: int = self._database.rows("SELECT count(*) FROM outbox_gone")[0][0]
        return found

    def waiting(self) -> int:
        """How many are neither delivered nor given up."""
        found: int = self._database.rows("SELECT count(*) FROM outbox WHERE ended = 0")[0][0]
        return found

    def told(self, recording: str) -> str | None:
        """The state of a recording that was put last; None for one that nothing was put of, or long ago."""
        rows = self._database.rows("SELECT state FROM outbox_told WHERE recording = ?", (recording,))
        return rows[0]["state"] if rows else None

    def catch_up_with_clock(self, now_ns: int, longest_ns: int) -> None:
        """After the clock was set back: what would wait longer than anything ever waits is due now."""
        with self._database.transaction() as cursor:
            cursor.execute("UPDATE outbox SET due_ns = ? WHERE ended = 0 AND due_ns > ?", (now_ns, now_ns + longest_ns))
