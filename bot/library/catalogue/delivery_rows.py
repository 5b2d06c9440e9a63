"""The catalogue's deliveries: each recording's way to each destination."""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bot.library.catalogue.database import Database
from bot.library.catalogue.delivery import Delivery, DeliveryState, Evidence, Kind
from bot.library.catalogue.recording import Recording

SCHEMA = (
    """CREATE TABLE deliveries (
        recording TEXT NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        place INTEGER NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        due_ns INTEGER NOT NULL DEFAULT 0,
        problem TEXT NOT NULL DEFAULT '',
        memory TEXT NOT NULL DEFAULT '{}',
        evidence TEXT,
        confirmed_at REAL,
        wanted INTEGER NOT NULL DEFAULT 0,
        accompanied INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (recording, name)
    ) STRICT""",
    # What is looked through at each turn is in the index: rows are long, because of their memories.
    "CREATE INDEX deliveries_open ON deliveries (name, recording, due_ns, state, kind)"
    " WHERE state NOT IN ('confirmed', 'waived')",
    "CREATE INDEX deliveries_behind ON deliveries (name, recording, due_ns, kind)"
    " WHERE state = 'confirmed' AND wanted > accompanied",
    "CREATE INDEX deliveries_next ON deliveries (due_ns) WHERE state NOT IN ('confirmed', 'waived')",
    "CREATE INDEX deliveries_next_behind ON deliveries (due_ns) WHERE state = 'confirmed' AND wanted > accompanied",
    "CREATE INDEX deliveries_left ON deliveries (name, recording, due_ns, kind)"
    " WHERE state = 'waived' AND memory != '{}'",
    "CREATE INDEX deliveries_next_left ON deliveries (due_ns) WHERE state = 'waived' AND memory != '{}'",
    "CREATE INDEX recordings_held ON recordings (id) WHERE entry ->> 'held'",
    # What an earlier version had finished has reached the one destination that there was; its manifest is wanted.
    """INSERT INTO deliveries (recording, name, kind, place, state, confirmed_at, wanted)
        SELECT id, 'folder', 'folder', 0, 'confirmed', entry ->> 'ended_at', 1 FROM recordings
        WHERE state IN ('available', 'failed') AND entry ->> 'path' IS NOT NULL""",
    """UPDATE recordings SET entry = json_set(entry, '$.published_at', json(coalesce(entry -> 'ended_at', 'null')))
        WHERE state IN ('available', 'failed') AND entry ->> 'path' IS NOT NULL""",
)

_VIEW = (  # all but the memory, which may be long
    "recording, name, kind, place, state, attempts, due_ns, problem, evidence, confirmed_at, wanted, accompanied"
)
_OPEN = "state NOT IN ('confirmed', 'waived')"
_BEHIND = "state = 'confirmed' AND wanted > accompanied"
_LEFT = "state = 'waived' AND memory != '{}'"  # what it had of it is still there
_DUE = "(due_ns <= :now_ns OR due_ns > :latest_ns)"  # the latter: the clock was set back


class DeliveryRows:
    """On the event loop's thread. What writes raises OutputError when it cannot be kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # What there is

    def of(self, recording: str) -> tuple[Delivery, ...]:
        """In their order, without their memories."""
        return self.of_each([recording]).get(recording, ())

    def of_each(self, recordings: Collection[str]) -> dict[str, tuple[Delivery, ...]]:
        """The same of several."""
        rows = self._database.rows(
            f"SELECT {_VIEW} FROM deliveries WHERE recording IN (SELECT value FROM json_each(?))"  # noqa: S608 - ours
            " ORDER BY recording, place",
            (json.dumps(list(recordings)),),
        )
        found: dict[str, tuple[Delivery, ...]] = {}
        for row in rows:
            found[row["recording"]] = (*found.get(row["recording"], ()), _delivery(row))
        return found

    def get(self, recording: str, name: str) -> Delivery | None:
        rows = self._database.rows("SELECT * FROM deliveries WHERE recording = ? AND name = ?", (recording, name))
        return _delivery(rows[0], json.loads(rows[0]["memory"])) if rows else None

    def due(
        self, name: str, kind: Kind, now_ns: int, *, latest_ns: int, beside: Collection[str], most: int
    ) -> list[Delivery]:
        """What one destination is to do now: files before companions before what is to be taken back, the oldest
        recordings first; without those of the recordings `beside`. Nothing waits beyond `latest_ns`."""
        values = {
            "name": name,
            "kind": kind,
            "now_ns": now_ns,
            "latest_ns": latest_ns,
            "beside": json.dumps(list(beside)),
        }
        found: list[Delivery] = []
        for condition in (f"{_OPEN} AND state != 'held'", _BEHIND, _LEFT):
            rows = self._database.rows(
                f"SELECT {_VIEW} FROM deliveries WHERE name = :name AND kind = :kind AND {condition} AND {_DUE}"  # noqa: S608 - ours
                " AND recording NOT IN (SELECT value FROM json_each(:beside)) ORDER BY recording LIMIT :most",
                values | {"most": max(0, most - len(found))},
            )
            found += map(_delivery, rows)
        return found

    def next_due_ns(self, now_ns: int) -> int | None:
        """When something falls due that is not due yet."""
        questions = (
            f"SELECT min(due_ns) FROM deliveries WHERE {condition} AND due_ns > ?"  # noqa: S608 - ours
            for condition in (_OPEN, _BEHIND, _LEFT)
        )
        found = [self._database.rows(question, (now_ns,))[0][0] for question in questions]
        return min((due_ns for due_ns in found if due_ns is not None), default=None)

    def backlog(self) -> list[tuple[Kind, int, int]]:
        """Kinds, with how many finished recordings wait for them and how many bytes these have."""
        rows = self._database.rows(
            "SELECT kind, count(*) AS number, sum(coalesce(entry ->> 'size_bytes', 0)) AS size"  # noqa: S608 - ours
            f" FROM deliveries JOIN recordings ON id = recording WHERE deliveries.{_OPEN}"
            " AND recordings.state IN ('uploading', 'failed') GROUP BY kind"
        )
        return [(Kind(row["kind"]), row["number"], row["size"]) for row in rows]

    # What becomes of it

    def plan(self, cursor: sqlite3.Cursor, recording: Recording, targets: Sequence[tuple[str, Kind]]) -> None:
        """A recording whose file is whole is to go to each of `targets`, in their order; where it was planned before it
        stays so. Held ones go no further than the first, the folder."""
        for place, (name, kind) in enumerate(targets):
            state = DeliveryState.HELD if recording.held and place else DeliveryState.WAITING
            cursor.execute(
                "INSERT INTO deliveries (recording, name, kind, place, state) VALUES (?, ?, ?, ?, ?)"  # noqa: S608
                " ON CONFLICT DO UPDATE SET place = excluded.place, state = excluded.state, attempts = 0, due_ns = 0"
                f" WHERE {_OPEN}",
                (recording.id, name, kind, place, state),
            )
        if not recording.held:  # what was begun for one that is configured no longer
            self.release(cursor, recording.id)

    def begin(self, recording: str, name: str, kind: Kind) -> None:
        """Of a recording that still grows. May be called again."""
        with self._database.transaction() as cursor:
            cursor.execute(
                "INSERT INTO deliveries (recording, name, kind, place, state) VALUES (?, ?, ?, 0, 'held')"
                " ON CONFLICT DO NOTHING",
                (recording, name, kind),
            )

    def release(self, cursor: sqlite3.Cursor, recording: str) -> None:
        """Held no longer."""
        cursor.execute(
            "UPDATE deliveries SET state = 'waiting', due_ns = 0 WHERE recording = ? AND state = 'held'", (recording,)
        )

    def restart(self) -> None:
        """What was being sent when the process ended waits again, and nothing that waits has to wait longer."""
        with self._database.transaction() as cursor:
            cursor.execute("UPDATE deliveries SET state = 'waiting' WHERE state = 'sending'")
            cursor.execute(f"UPDATE deliveries SET due_ns = 0 WHERE {_OPEN} OR {_BEHIND} OR {_LEFT}")  # noqa: S608 - ours

    def note_astray(self, targets: Collection[tuple[str, Kind]], problem: str) -> None:
        """All that wait for a destination which is none of `targets` say so; `{name}` and `{kind}` in `problem` are the
        destination's."""
        with self._database.transaction() as cursor:
            cursor.execute(
                "UPDATE deliveries SET problem = replace(replace(?, '{name}', name), '{kind}', kind)"  # noqa: S608
                f" WHERE {_OPEN} AND name || '/' || kind NOT IN (SELECT value FROM json_each(?))",
                (problem, json.dumps([f"{name}/{kind}" for name, kind in targets])),
            )

    def set_state(self, delivery: Delivery, state: DeliveryState, problem: str = "") -> None:
        """Of one that is not settled."""
        self._change(delivery, "state = ?, problem = ?", (state, problem), f"AND {_OPEN}")

    def failed(self, delivery: Delivery, problem: str, due_ns: int, *, counts: bool = True) -> None:
        """One more attempt, if it `counts`; that of a confirmed one was about its companions, of a waived one about
        taking it back. When something became known during the attempt, the next one is due now."""
        only = f"AND state = '{delivery.state}'" if delivery.is_settled else f"AND {_OPEN}"
        self._change(
            delivery,
            "state = ?, attempts = attempts + ?, problem = ?, due_ns = iif(wanted > ?, 0, ?)",
            (
                delivery.state if delivery.is_settled else DeliveryState.WAITING,
                int(counts),
                problem,
                delivery.wanted,
                due_ns,
            ),
            only,
        )

    def hurry(self, recording: str, name: str | None = None) -> None:
        """What waits is due now; `name` None: to whatever destination."""
        with self._database.transaction() as cursor:
            cursor.execute(
                "UPDATE deliveries SET due_ns = 0, attempts = 0 WHERE recording = ? AND name = coalesce(?, name)",
                (recording, name),
            )

    def remember(self, delivery: Delivery, memory: Mapping[str, Any]) -> None:
        self._change(delivery, "memory = ?", (json.dumps(memory),))

    def confirm(self, delivery: Delivery, evidence: Evidence, now_s: float) -> None:
        """The destination has it; what is known beside the file is to follow."""
        values = (json.dumps(asdict(evidence)), now_s)
        self._change(
            delivery,
            "state = 'confirmed', evidence = ?, confirmed_at = ?, attempts = 0, due_ns = 0, problem = ''",
            values,
        )

    def want(self, cursor: sqlite3.Cursor, recording: str, name: str | None = None) -> None:
        """Something about its companions, name or owner is new; `name` None: for whatever destination."""
        cursor.execute(
            "UPDATE deliveries SET wanted = wanted + 1, due_ns = 0 WHERE recording = ? AND name = coalesce(?, name)",
            (recording, name),
        )

    def want_again(self, recording: str, name: str) -> None:
        """The same by itself."""
        with self._database.transaction() as cursor:
            self.want(cursor, recording, name)

    def accompanied(self, delivery: Delivery) -> None:
        """All that was wanted when `delivery` was read."""
        self._change(delivery, "accompanied = ?, attempts = 0, problem = ''", (delivery.wanted,))

    def taken_back(self, delivery: Delivery) -> None:
        """A waived one, of which the destination has nothing any more."""
        self._change(delivery, "memory = '{}', attempts = 0, due_ns = 0, problem = ''", (), f"AND {_LEFT}")

    def forget(self, delivery: Delivery) -> None:
        with self._database.transaction() as cursor:
            cursor.execute(
                "DELETE FROM deliveries WHERE recording = ? AND name = ?", (delivery.recording, delivery.name)
            )

    def _change(self, delivery: Delivery, what: str, values: Sequence[Any], only: str = "") -> None:
        with self._database.transaction() as cursor:
            cursor.execute(
                f"UPDATE deliveries SET {what} WHERE recording = ? AND name = ? {only}",  # noqa: S608 - our own words
                (*values, delivery.recording, delivery.name),
            )


def _delivery(row: sqlite3.Row, memory: Mapping[str, Any] | None = None) -> Delivery:
    values = {key: row[key] for key in _VIEW.split(", ")}
    evidence = values["evidence"]
    return Delivery(
        **values
        | {
            "kind": Kind(values["kind"]),
            "state": DeliveryState(values["state"]),
            "evidence": None if evidence is None else Evidence(**json.loads(evidence)),
            "memory": memory or {},
        }
    )
