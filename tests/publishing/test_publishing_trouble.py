"""Publishing in trouble: a catalogue that fails at the wrong moment, tasks ended before they began, damaged files."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import DeliveryError, NotYet, OutputError
from bot.library.catalogue.delivery import Delivery, DeliveryState, Kind
from bot.library.destinations.destination import Evidence, Finished, Memory
from bot.library.destinations.modes import Modes
from bot.library.publishing import lane, publisher
from bot.lifecycle import EndReason, State
from bot.service.recording_json import outside_values, recording_values
from signaling.model import RoomKind
from tests.publishing.bench import CONTENT, Bench, Store, until


def s3(store: Store) -> tuple[str, Kind, Store]:
    return "store", Kind.S3, store


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


async def test_a_room_that_cannot_be_closed_in_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a recording and that of its room are kept together or not at all."""
    async with Bench(tmp_path / "library") as bench:
        recording = bench.begin()
        over = replace(recording, state=State.FAILED, end_reason=EndReason.ROOM_CLOSED, ended_at=recording.asked_at + 9)
        with monkeypatch.context() as patch:
            patch.setattr(bench.ledger.rooms, "close", failing(OutputError("The disk is full.")))
            assert bench.ledger.changed(recording, over) == "The disk is full."
        assert bench.ledger.get("one").state is State.RECORDING
        assert bench.ledger.changed(recording, over) == ""
        room = bench.ledger.rooms.get("team")
        assert room is not None
        assert (bench.ledger.get("one").state, room.closed_at) == (State.FAILED, over.ended_at)


@pytest.mark.parametrize("error", [OutputError("The disk is full."), sqlite3.OperationalError("disk I/O error")])
async def test_trouble_after_it_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """What is kept is never called unkept: whoever says it again a second later would undo what came between."""
    async with Bench(tmp_path / "library") as bench:
        recording = bench.begin()
        over = replace(recording, state=State.FAILED, end_reason=EndReason.ROOM_CLOSED, ended_at=recording.asked_at + 9)
        with monkeypatch.context() as patch:
            patch.setattr(bench.ledger.rows, "held", failing(error))
            patch.setattr(bench.ledger.deliveries, "of_each", failing(error))
            assert bench.ledger.changed(recording, over) == ""
        assert bench.ledger.get("one").state is State.FAILED


async def test_waived_before_it_was_begun_again(tmp_path: Path) -> None:
    """However many attempts are ended before their first step, the destination goes on with the others."""
    store = Store(refuses=10**9, wait_s=3600.0)
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        for number in range(lane.AT_ONCE):
            name = f"rec {number}"
            bench.begin(name, room=name)
            bench.finish(name)
            await until(lambda name=name: bench.problem(name) != "")  # type: ignore[misc]
            await bench.publisher.quiet()
            bench.publisher.retry(name, "store")
            await asyncio.sleep(0)
            bench.publisher.waive(name, "store")
            await bench.published(name)
        store.refuses = 0
        bench.finish("last")
        assert (await bench.published("last")).state is State.AVAILABLE


async def test_a_row_that_cannot_be_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trouble with one recording's row ends no other's upload."""
    store, tried = Store(hangs=True), list[str]()

    def forget(delivery: Delivery) -> None:
        tried.append(delivery.recording)
        raise OutputError("The disk is full.")

    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        bench.finish()
        await until(lambda: store.going == 1)
        monkeypatch.setattr(bench.ledger.deliveries, "forget", forget)
        with bench.database.transaction() as cursor:
            bench.ledger.deliveries.plan(cursor, replace(bench.ledger.get("one"), id="gone"), [("store", Kind.S3)])
        bench.publisher.retry("one", "store")  # the lane looks
        await until(lambda: tried == ["gone"])
        for _ in range(10):
            await asyncio.sleep(0)
        assert store.going == 1


async def test_what_a_waived_destination_has_is_taken_back(tmp_path: Path) -> None:
    """Also when the store is down at that moment: again and again, at the next start too, until it has nothing more."""

    class Down(Store):
        async def abandon(self, memory: Memory) -> None:
            raise DeliveryError("The store is down.", 3600.0)

    async with Bench(tmp_path / "library", [s3(Down(refuses=1, wait_s=3600.0))]) as bench:
        bench.finish()
        await until(lambda: bench.problem() != "")
        bench.publisher.waive("one", "store")
        await until(lambda: bench.problem().endswith("not taken back yet: The store is down."))
        assert (await bench.published()).state is State.AVAILABLE
    store = Store()
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        await until(lambda: store.abandoned == [{"attempts": 1}])
        await bench.publisher.quiet()
        delivery = bench.ledger.deliveries.get("one", "store")
        assert delivery is not None
        assert (delivery.state, delivery.memory, delivery.problem) == (DeliveryState.WAIVED, {}, "")
        assert len(store.abandoned) == 1


async def test_a_damaged_file_goes_nowhere(tmp_path: Path) -> None:
    """One that is shorter than it was when it was finished is confirmed by no destination."""
    store = Store()
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        made = bench.finish()
        (bench.library / str(made.path)).write_bytes(CONTENT[:-1])
        for name in ("folder", "store"):
            await until(lambda name=name: f"{len(CONTENT) - 1} bytes" in bench.problem(of=name))  # type: ignore[misc]
        assert store.files == {}


async def test_changed_while_in_the_trash(tmp_path: Path) -> None:
    """Destinations are told of it when the recording is back."""
    store = Store()
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        bench.finish()
        await bench.published()
        bench.ledger.amend("one", lambda one: replace(one, trashed_at=1.0))
        bench.ledger.amend("one", lambda one: replace(one, owner="ben"))
        await bench.publisher.quiet()
        assert store.companions == {}
        bench.ledger.amend("one", lambda one: replace(one, trashed_at=None))
        bench.ledger.describe_again("one")
        await until(lambda: store.companions == {"Rec - one.mp4": [("ben", "")]})


async def test_a_held_broadcast_that_goes_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the library alone, too, it is available only when its room is closed, and then at once."""
    monkeypatch.setattr(publisher, "TEND_S", 3600.0)
    async with Bench(tmp_path / "library") as bench:
        bench.begin(room="live", kind=RoomKind.BROADCAST)
        bench.finish()
        await until(lambda: bench.state(of="folder") is DeliveryState.CONFIRMED)
        await bench.publisher.quiet()
        held = bench.ledger.get("one")
        assert (held.state, held.held, held.published_at) == (State.UPLOADING, True, None)
        bench.ledger.close_room("live")
        done = await bench.published()
        assert (done.state, done.held) == (State.AVAILABLE, False)
        assert bench.told[-2:] == [(State.RECORDING, State.UPLOADING), (State.UPLOADING, State.AVAILABLE)]


async def test_waiting_for_the_checksum_is_no_failure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is said, but neither counted nor warned of; when the checksum comes, the destination is asked at once."""

    class Careful(Store):
        async def _take(self, finished: Finished, memory: Memory) -> Evidence:
            if finished.sha256 is None:
                raise NotYet("It waits.", 600.0)
            return await super()._take(finished, memory)

    async with Bench(tmp_path / "library", [s3(Careful())]) as bench:
        bench.finish()
        await until(lambda: bench.problem() == "It waits.")
        delivery = bench.ledger.deliveries.get("one", "store")
        assert delivery is not None
        assert (delivery.attempts, bench.publisher.tallies()[Kind.S3].failed, caplog.messages) == (0, 0, [])
        bench.ledger.amend("one", lambda one: replace(one, sha256="0" * 64))
        await bench.published()


async def test_nobody_learns_where_the_library_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither from a file that cannot be put in order, nor, at the address of a room, from what stores say."""
    store = Store(refuses=1, wait_s=3600.0)
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        with monkeypatch.context() as patch:
            patch.setattr(Modes, "apply", lambda _self, file, _top: failing(OSError(5, "No luck", str(file)))())
            bench.finish()
            await until(lambda: "No luck" in bench.problem(of="folder") and bench.problem() != "")
        recording = bench.ledger.get("one")
        assert bench.problem(of="folder") == f"M{str(recording.path)[1:]} could not be put in order: No luck."
        assert str(tmp_path) not in str(recording_values(recording))
        assert [(one["uri"], one["problem"]) for one in outside_values(recording)["destinations"]] == [(None, "")] * 2
        assert "full" in str(recording_values(recording))
