"""The catalogue's deliveries, and what an earlier version left in it."""

import json
from pathlib import Path

from bot.library.catalogue.database import Database
from bot.library.catalogue.delivery import DeliveryState, Kind
from bot.library.catalogue.delivery_rows import DeliveryRows
from bot.library.catalogue.recording_rows import RecordingRows
from bot.library.publishing.schedule import LONGEST_NS
from bot.service.schema import MIGRATIONS
from tests.publishing.bench import Bench

# A recording as version 2 of the catalogue kept it.
OLD: dict[str, object] = {
    "room": "team", "room_title": "", "room_kind": "single", "parent": None, "title": "Weekly", "asked_at": 1.0,
    "started_by": "ann", "owner": "ann", "folder": "Recordings", "end_reason": "stopped", "recording_since": 2.0,
    "first_frame_s": 1.0, "ended_at": 9.5, "duration_s": 7.0, "size_bytes": 100, "poster": True, "parts": 1,
    "interruptions": 0, "problem": "", "layout": None, "chapters": [], "host_absent_until": None, "given_up": False,
}  # fmt: skip


def test_an_old_catalogue(tmp_path: Path) -> None:
    """What was available before there were destinations counts as published to the library's folder; what nothing came
    of is published nowhere, and what still ran goes on."""
    with Database(tmp_path / "c", MIGRATIONS[:2]) as database, database.transaction() as cursor:
        for name, state, path in (("a", "available", "media/x"), ("b", "failed", None), ("c", "recording", None)):
            entry = json.dumps(OLD | {"id": name, "state": state, "path": path, "file": path})
            cursor.execute("INSERT INTO recordings (id, entry) VALUES (?, ?)", (name, entry))
    with Database(tmp_path / "c", MIGRATIONS) as database:
        rows, deliveries = RecordingRows(database), DeliveryRows(database)
        (delivery,) = deliveries.of("a")
        assert (delivery.name, delivery.kind, delivery.state) == ("folder", Kind.FOLDER, DeliveryState.CONFIRMED)
        assert delivery.confirmed_at == 9.5
        due = deliveries.due("folder", Kind.FOLDER, 1, latest_ns=2, beside=(), most=9)
        assert [one.recording for one in due] == ["a"]  # its manifest is to be written
        published = {name: one.published_at for name in "abc" if (one := rows.get(name)) is not None}
        assert published == {"a": 9.5, "b": None, "c": None}
        assert deliveries.of("b") == deliveries.of("c") == ()
        assert [one.id for one in rows.unfinished()] == ["c"]
        assert rows.unpublished() == []


def test_a_clock_that_was_set_back(tmp_path: Path) -> None:
    """What would wait longer than anything ever waits is due."""
    bench = Bench(tmp_path / "library", [("store", Kind.S3, None)])  # type: ignore[list-item]
    bench.finish()
    rows = bench.ledger.deliveries
    delivery = rows.get("one", "store")
    assert delivery is not None
    rows.failed(delivery, "Full.", 10 * LONGEST_NS)

    def due(now_ns: int) -> int:
        return len(rows.due("store", Kind.S3, now_ns, latest_ns=now_ns + LONGEST_NS, beside=(), most=9))

    assert [due(now_ns) for now_ns in (0, 9 * LONGEST_NS, 10 * LONGEST_NS)] == [1, 0, 1]


def test_news_during_an_attempt(tmp_path: Path) -> None:
    """An attempt that fails after something new was said of the recording is made again at once."""
    bench = Bench(tmp_path / "library", [("store", Kind.S3, None)])  # type: ignore[list-item]
    bench.finish()
    rows = bench.ledger.deliveries
    delivery = rows.get("one", "store")
    assert delivery is not None
    rows.want_again("one", "store")
    rows.failed(delivery, "No checksum yet.", 5)
    again = rows.get("one", "store")
    assert again is not None
    assert (again.due_ns, again.problem) == (0, "No checksum yet.")
    rows.failed(again, "Full.", 5)
    later = rows.get("one", "store")
    assert later is not None
    assert (later.due_ns, later.attempts) == (5, 2)


def test_what_is_settled_stays_so(tmp_path: Path) -> None:
    """An attempt that fails after the destination was waived, or confirmed by itself, changes nothing."""
    bench = Bench(tmp_path / "library", [("store", Kind.S3, None)])  # type: ignore[list-item]
    bench.finish()
    rows = bench.ledger.deliveries
    delivery = rows.get("one", "store")
    assert delivery is not None
    rows.set_state(delivery, DeliveryState.WAIVED)
    rows.failed(delivery, "Full.", 5)
    rows.set_state(delivery, DeliveryState.SENDING)
    after = rows.get("one", "store")
    assert after is not None
    assert (after.state, after.problem) == (DeliveryState.WAIVED, "")
