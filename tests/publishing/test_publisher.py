"""Every finished recording reaches every destination; what one of them does touches nobody else."""

import asyncio
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import NotNow, UnknownDestination
from bot.library.catalogue.delivery import DeliveryState, Kind
from bot.library.manifest import manifest_path, read_manifest
from bot.library.places import work_folder
from bot.library.publishing import lane
from bot.lifecycle import EndReason, State
from signaling.model import RoomKind
from tests.publishing.bench import CONTENT, Bench, Store, until

SHA256 = "0" * 64


def s3(store: Store, name: str = "store") -> tuple[str, Kind, Store]:
    return name, Kind.S3, store


async def test_to_the_library_at_once(tmp_path: Path) -> None:
    """Without other destinations a file is available as soon as it lies there: permissions, manifest, one message."""
    async with Bench(tmp_path / "library") as bench:
        bench.finish()
        done = await bench.published()
        assert done.state is State.AVAILABLE
        assert bench.told[-2:] == [(State.RECORDING, State.UPLOADING), (State.UPLOADING, State.AVAILABLE)]
        file = bench.library / str(done.path)
        assert stat.S_IMODE(file.stat().st_mode) == 0o640
        assert {stat.S_IMODE(path.stat().st_mode) for path in list(file.parents)[:3]} == {0o750}
        await until(lambda: read_manifest(manifest_path(file)).recording.state is State.AVAILABLE)
        manifest = read_manifest(manifest_path(file))
        assert [(one.name, one.state) for one in manifest.deliveries] == [("folder", "confirmed")]
        assert manifest.recording.published_at == done.published_at


async def test_everywhere_before_it_is_available(tmp_path: Path) -> None:
    """While one destination lacks it the recording is uploading; the others have it, and its room is free."""
    slow = Store(hangs=True)
    async with Bench(tmp_path / "library", [s3(Store(), "first"), s3(slow, "slow")]) as bench:
        bench.finish()
        await until(lambda: bench.state(of="first") is DeliveryState.CONFIRMED and slow.going == 1)
        assert bench.ledger.get("one").state is State.UPLOADING
        assert bench.state(of="slow") is DeliveryState.SENDING
        bench.begin("two")
        slow.hangs = False
        done = await bench.published()
        assert [one.evidence is not None for one in done.destinations] == [True] * 3
        assert slow.files == {"Rec - one.mp4": CONTENT}


async def test_a_store_that_refuses_and_one_that_hangs(tmp_path: Path) -> None:
    """A destination is asked again until it takes it; one that hangs takes its own turns only."""
    refusing, hanging = Store(refuses=3), Store(hangs=True)
    async with Bench(tmp_path / "library", [s3(refusing, "refusing"), s3(hanging, "hanging")]) as bench:
        names = [f"rec {n}" for n in range(lane.AT_ONCE + 2)]
        for name in names:
            bench.begin(name, room=name)
            bench.finish(name)
        await until(lambda: len(refusing.files) == len(names))
        assert hanging.most_going == lane.AT_ONCE
        assert bench.publisher.tallies()[Kind.S3].failed == 3
        hanging.hangs = False
        for name in names:
            await bench.published(name)
        assert hanging.most_going == lane.AT_ONCE
        assert set(hanging.taken.values()) == {1}


async def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    """A refusal is in the recording's destinations, in words; a defect of ours does not end the lane."""
    store = Store(refuses=1, wait_s=3600.0)
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        bench.finish()
        await until(lambda: bench.problem() == "The store is full.")
        assert bench.state() is DeliveryState.WAITING
        store.files = None  # type: ignore[assignment]
        bench.publisher.retry("one", "store")
        await until(lambda: "defect" in bench.problem())
        store.files = {}
        bench.publisher.retry("one", "store")
        assert (await bench.published()).destinations[1].problem == ""


async def test_a_store_that_cannot_be_opened_at_first(tmp_path: Path) -> None:
    """It is opened when there is something to send, and again until that works."""
    store = Store(opens_after=1)
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        bench.finish()
        await bench.published()
        assert store.taken == {"Rec - one.mp4": 1}


async def test_on_from_where_it_was_after_a_restart(tmp_path: Path) -> None:
    """What waited, was under way or was confirmed when the service ended is so at the next start, with its memory."""
    with_store = tmp_path / "library"
    store = Store(hangs=True)
    async with Bench(with_store, [s3(store)]) as bench:
        bench.finish()
        await until(lambda: store.going == 1)
    again = Store()
    async with Bench(with_store, [s3(again)]) as bench:
        done = await bench.published()
        assert again.taken == {"Rec - one.mp4": 1}
        delivery = bench.ledger.deliveries.get("one", "store")
        assert delivery is not None
        assert delivery.memory == {"attempts": 2}
    async with Bench(with_store, [s3(Store())]) as bench:
        await bench.publisher.quiet()
        assert bench.ledger.get("one") == done


async def test_a_destination_that_is_configured_no_longer(tmp_path: Path) -> None:
    """Its recordings wait, and say so, until it is back or somebody waives it; the next start asks nobody else."""
    async with Bench(tmp_path / "library", [s3(Store(hangs=True))]) as bench:
        for name in ("one", "two"):
            bench.begin(name, room=name)
            bench.finish(name)
    other = Store()
    async with Bench(tmp_path / "library", [("store", Kind.GCS, other)]) as bench:
        assert "configured any more" in bench.problem()
        await bench.publisher.quiet()
        assert other.taken == {}
        assert bench.ledger.get("one").state is State.UPLOADING
        bench.publisher.waive("one", "store")
        assert (await bench.published()).state is State.AVAILABLE
        assert bench.state() is DeliveryState.WAIVED
    async with Bench(tmp_path / "library", [s3(Store())]) as bench:
        assert (await bench.published("two")).state is State.AVAILABLE


async def test_what_failed_is_published_too(tmp_path: Path) -> None:
    """The file of a recording that broke off gets everywhere; the recording stays failed."""
    store = Store()
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        bench.finish(state=State.FAILED, problem="It broke off.")
        done = await bench.published()
        assert (done.state, done.problem) == (State.FAILED, "It broke off.")
        assert store.files == {"Rec - one.mp4": CONTENT}


async def test_nothing_came_of_it(tmp_path: Path) -> None:
    """What was begun while it recorded is taken back, and forgotten; not when its parts are to be tried again."""
    store = Store(follows=True)
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        for name in ("lost", "later"):
            bench.begin(name, room=name)
        await until(lambda: store.followed == ["part-0001.mp4"] * 2)
        recording = bench.ledger.rows.get("later")
        assert recording is not None
        bench.ledger.changed(recording, replace(recording, state=State.FAILED, given_up=True))
        bench.fail("lost")
        await until(lambda: store.abandoned == [{"begun": "lost"}])
        await until(lambda: bench.ledger.deliveries.get("lost", "store") is None)
        assert bench.ledger.deliveries.get("later", "store") is not None


async def test_sent_while_it_grows(tmp_path: Path) -> None:
    """A destination that follows begins with the first part, stops before the finished file comes, and knows then what
    it knew; a second part is none of it."""
    store = Store(follows=True)
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        bench.begin()
        await until(lambda: store.followed == ["part-0001.mp4"])
        bench.finish()
        await bench.published()
        assert store.followed == ["part-0001.mp4", "ended"]
        delivery = bench.ledger.deliveries.get("one", "store")
        assert delivery is not None
        assert delivery.memory == {"begun": "one", "attempts": 1}
        bench.begin("two", parts=2)
        await bench.publisher.quiet()
        assert len(store.followed) == 2


async def test_companions_follow(tmp_path: Path) -> None:
    """What is made of it later, and a new owner, get to each destination that has the file; nobody waits for that."""
    store = Store()
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        bench.finish()
        done = await bench.published()
        await bench.publisher.quiet()
        assert store.companions == {}
        (work_folder(bench.library, "one") / "report.html").write_text("all is well")
        bench.ledger.amend("one", lambda one: replace(one, sha256=SHA256, companions=("report.html", "gone.jpg")))
        await until(lambda: store.companions == {"Rec - one.mp4": [("ann", "report.html")]})
        bench.ledger.amend("one", lambda one: replace(one, owner="ben"))
        await until(lambda: store.companions["Rec - one.mp4"][-1] == ("ben", "report.html"))
        manifest = manifest_path(bench.library / str(done.path))
        await until(lambda: read_manifest(manifest).recording.owner == "ben")
        assert read_manifest(manifest).companions[0].name == "report.html"
        assert store.taken == {"Rec - one.mp4": 1}


async def test_a_live_broadcast_is_held_back(tmp_path: Path) -> None:
    """Until its room is closed it gets no further than the library; then everywhere. One that ended with its room is
    not held."""
    store = Store()
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        bench.begin(room="live", kind=RoomKind.BROADCAST)
        held = bench.finish()
        assert held.held
        await until(lambda: bench.state(of="folder") is DeliveryState.CONFIRMED)
        assert (bench.ledger.get("one").state, bench.state()) == (State.UPLOADING, DeliveryState.HELD)
        with pytest.raises(NotNow, match="held back"):
            bench.publisher.retry("one", "store")
        bench.ledger.close_room("live")
        done = await bench.published()
        assert (done.held, done.state) == (False, State.AVAILABLE)
        bench.begin("two", room="live", kind=RoomKind.BROADCAST)
        assert not bench.finish("two", end_reason=EndReason.ROOM_CLOSED).held
        assert (await bench.published("two")).state is State.AVAILABLE
        assert set(store.taken) == {"Rec - one.mp4", "Rec - two.mp4"}


async def test_a_broadcast_whose_room_is_never_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the room's time is over, also while the service was away, its recording is published."""
    store = Store()
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        bench.begin(room="live", kind=RoomKind.BROADCAST)
        assert bench.finish().held
    now_s = time.time() + 7200
    monkeypatch.setattr("bot.service.ledger.time.time", lambda: now_s)
    monkeypatch.setattr("bot.library.publishing.publisher.TEND_S", 0.05)
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        assert (await bench.published()).state is State.AVAILABLE


async def test_confirmed_by_whoever_took_it(tmp_path: Path) -> None:
    """A receiver that said that it takes the recording confirms it by its SHA-256, once; nobody else can."""

    class Taking(Store):
        async def _take(self, finished, memory):  # type: ignore[no-untyped-def]
            memory.keep({"taken": "https://portal.example"})
            self.refuses = 1
            return await super()._take(finished, memory)

    store = Taking(wait_s=3600.0)
    async with Bench(
        tmp_path / "library", [("portal", Kind.WEBHOOK, store), s3(Store(refuses=1, wait_s=3600.0))]
    ) as bench:
        bench.finish()
        await until(lambda: bench.problem(of="portal") != "" and bench.problem() != "")
        confirm = bench.publisher.confirm
        with pytest.raises(NotNow, match="not been worked out"):
            confirm(bench.ledger.get("one"), "portal", SHA256)
        bench.ledger.amend("one", lambda one: replace(one, sha256=SHA256))
        with pytest.raises(NotNow, match="not the file's"):
            confirm(bench.ledger.get("one"), "portal", "1" * 64)
        with pytest.raises(NotNow, match="has not said"):
            confirm(bench.ledger.get("one"), "store", SHA256)
        with pytest.raises(UnknownDestination):
            confirm(bench.ledger.get("one"), "nobody", SHA256)
        await bench.publisher.quiet()
        confirm(bench.ledger.get("one"), "portal", SHA256)
        confirm(bench.ledger.get("one"), "portal", SHA256)
        done = await bench.published()
        evidence = done.destinations[1].evidence
        assert evidence is not None
        assert (evidence.uri, evidence.checksum) == ("https://portal.example", f"sha256:{SHA256}")


async def test_a_file_that_was_taken_away(tmp_path: Path) -> None:
    """It waits until it is back, and says that it is gone; a file of another size is not published."""
    store = Store(refuses=1, wait_s=0.0)
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        before = bench.begin()
        made = bench.finish()
        file = bench.library / str(made.path)
        file.rename(file.with_suffix(".away"))
        await until(lambda: "not where it was" in bench.problem() and "not where it was" in bench.problem(of="folder"))
        file.write_bytes(CONTENT[:-1])
        bench.publisher.retry("one", "folder")
        await until(lambda: f"{len(CONTENT) - 1} bytes" in bench.problem(of="folder"))
        file.with_suffix(".away").rename(file)
        for name in ("folder", "store"):
            if bench.state(of=name) is not DeliveryState.CONFIRMED:
                bench.publisher.retry("one", name)
        assert (await bench.published()).state is State.AVAILABLE
        assert before.id == "one"


async def test_many_wait(tmp_path: Path) -> None:
    """A store that is down for long: hundreds wait, the backlog is counted, and all get there when it is back."""
    store = Store(refuses=10**9, wait_s=3600.0)
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        names = [f"rec {n:03}" for n in range(60)]
        for name in names:
            bench.begin(name, room=name)
            bench.finish(name)
        await until(lambda: bench.publisher.tallies()[Kind.S3].failed >= len(names))
        assert (Kind.S3, len(names), len(names) * len(CONTENT)) in bench.publisher.backlog()
        store.refuses = 0
    async with Bench(tmp_path / "library", [s3(store)]) as bench:
        await until(lambda: bench.publisher.backlog() == [])
        await bench.publisher.quiet()
        assert len(store.files) == len(names)
        assert all(bench.ledger.get(name).state is State.AVAILABLE for name in names)


async def test_a_hung_attempt_is_broken_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that shows no sign of life is tried again; one that keeps something goes on however long it takes."""
    monkeypatch.setattr("bot.library.publishing.attempt.attempt.__defaults__", (0.2,))

    class Slow(Store):
        async def _take(self, finished, memory):  # type: ignore[no-untyped-def]
            for step in range(12):
                memory.keep({"step": step})
                await asyncio.sleep(0.05)
            return await super()._take(finished, memory)

    hung, slow = Store(hangs=True), Slow()
    async with Bench(tmp_path / "library", [s3(hung, "hung"), s3(slow, "slow")]) as bench:
        bench.finish()
        await until(lambda: "broken off" in bench.problem(of="hung"))
        await until(lambda: bench.state(of="slow") is DeliveryState.CONFIRMED)
        assert slow.taken == {"Rec - one.mp4": 1}
