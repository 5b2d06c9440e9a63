"""A service in trouble: a full disk, a machine that has nothing left to give, bots that end at the wrong moment."""

import asyncio
import contextlib
import errno
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.control.process import own
from bot.control.status import STATUS_FILE, Status
from bot.errors import AlreadyRecording, NotNow
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.recording_rows import RecordingRows
from bot.library.places import work_folder
from bot.lifecycle import EndReason, State
from bot.service import keepers, machine, spares, upkeep
from bot.service.keeper import Keeper
from bot.service.recordings import Recordings
from bot.service.spares import Spares
from bot.service.workplace import Workplace
from signaling.model import RoomKind
from tests.service_core.running import configured, entry, over, until
from tests.service_core.test_catalogue import recording

URL = "roomreel+ws://127.0.0.1:9/rooms/x"
LONG_NS = 60_000_000_000
Told = list[tuple[State | None, State]]


@pytest.fixture
def bots_that(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Whatever bot is started from now on does so (see stand_in.py)."""
    program = str(Path(__file__).with_name("stand_in.py"))
    return lambda how: monkeypatch.setattr(spares, "COMMAND", (sys.executable, program, how))


def orders(service: Recordings, recording_id: str) -> list[tuple[bool, str | None]]:
    """What its bots were told, one after the other: to finish it or not, and why it ended."""
    path = work_folder(service.library, recording_id) / "orders.txt"
    given = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [(order["finish"], order["reason"]) for order in given]


def hear(service: Recordings) -> Told:
    told: Told = []
    service.listeners.append(lambda before, after: told.append((before.state if before else None, after.state)))
    return told


@contextlib.contextmanager
def no_descriptors() -> Iterator[None]:
    """Every file that is opened is one too many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_catalogue_on_a_full_disk(tmp_path: Path, bots_that: Callable[[str], None]) -> None:
    """What became of a recording is shown while it cannot be kept; as soon as it can, it is, and only then are others
    told of it, once. Until then the room takes no other recording that would be lost."""
    bots_that("ends")
    async with Recordings(configured(tmp_path / "library")) as service:
        told = hear(service)
        made = await service.start(entry(URL), by="ann")
        pages = service.database.rows("PRAGMA page_count")[0][0]
        service.database.rows(f"PRAGMA max_page_count = {pages}")
        await over(service, made.id)
        await asyncio.sleep(0.1)
        assert [after for _, after in told] == [State.STARTING]
        kept = RecordingRows(service.database).get(made.id)
        assert kept is not None
        assert kept.state is State.STARTING
        service.database.rows("PRAGMA max_page_count = 100000")
        await asyncio.wait_for(service.idle.wait(), 30)
        assert told == [(None, State.STARTING), (State.STARTING, State.AVAILABLE)]
        assert service.get(made.id).state is State.AVAILABLE
        with service.database.transaction() as cursor:
            RecordingRows(service.database).add(cursor, recording("lost", "team"))
        with pytest.raises(AlreadyRecording) as taken:
            await service.start(entry(URL), by="ann")
        assert taken.value.recording == "lost"


async def test_a_room_that_is_recorded_again_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next recording of a room may end before the first one's bot has: the service goes on."""
    takes_s = [0.2, 0.05]

    class Leaving(Keeper):
        async def run(self) -> None:
            self.account.recording = replace(self.recording, state=State.AVAILABLE)
            await asyncio.sleep(takes_s.pop(0))

    monkeypatch.setattr(keepers, "Keeper", Leaving)
    async with Recordings(configured(tmp_path / "library")) as service:
        for _ in range(2):
            await service.start(entry(URL), by="ann")
            await asyncio.sleep(0.05)
            with service.database.transaction() as cursor:
                cursor.execute("UPDATE recordings SET entry = json_set(entry, '$.state', 'available')")
        await asyncio.wait_for(service.idle.wait(), 30)
        assert service.capacity()[0]


async def test_a_machine_without_descriptors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read now is read later; it ends no service, and is no sign that a bot is gone."""
    tried: list[int] = []

    def unreadable(_cores: object) -> int:
        tried.append(1)
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(machine, "_idle_ticks", unreadable)
    monkeypatch.setattr(keepers, "SAMPLE_S", 0.01)
    async with Recordings(configured(tmp_path / "library")) as service:
        await until(lambda: len(tried) > 2)
        assert service.capacity()[0]
    pid, started = own()
    Status(recording="a", part=1, state=State.RECORDING, pid=pid, pid_started=started).write(tmp_path)
    place = Workplace(tmp_path)
    with no_descriptors(), pytest.raises(OSError, match="Too many"):
        place.status()
    assert place.status() is not None
    assert Workplace(tmp_path / "nowhere").status() is None


async def test_a_defect_in_one_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again, and neither the service nor another room hears of it."""
    tried: list[str] = []

    class Flawed(Keeper):
        async def run(self) -> None:
            tried.append(self.recording.room)
            if len(tried) < 3:
                raise ZeroDivisionError
            self.account.recording = replace(self.recording, state=State.FAILED)

    monkeypatch.setattr(keepers, "Keeper", Flawed)
    monkeypatch.setattr(keepers, "REST_S", 0.01)
    async with Recordings(configured(tmp_path / "library")) as service:
        await service.start(entry(URL), by="ann")
        await asyncio.wait_for(service.idle.wait(), 30)
    assert tried == ["team"] * 3


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (lambda service, made: service.stop(made), EndReason.STOPPED),
        (lambda service, _made: service.close_room("main"), EndReason.ROOM_CLOSED),
    ],
)
async def test_an_end_between_two_bots(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    bots_that: Callable[[str], None],
    end: Callable[[Recordings, str], Awaitable[object]],
    reason: EndReason,
) -> None:
    """A stop while the next bot is on its way, or the end of the parent room: the recording stops at once, is finished,
    and has ended for that reason and not failed."""
    bots_that("finishes")
    monkeypatch.setattr(upkeep, "PAUSES_NS", (0, LONG_NS))
    async with Recordings(configured(tmp_path / "library")) as service:
        told = hear(service)
        made = await service.start(entry(URL, "b1", RoomKind.BREAKOUT, "main"), by="ann")
        await until(lambda: service.get(made.id).interruptions == 2)
        await end(service, made.id)
        assert service.get(made.id).state in {State.STOPPING, State.FINALISING}
        done = await over(service, made.id)
        assert (done.state, done.end_reason, done.problem) == (State.AVAILABLE, reason, "")
        assert orders(service, made.id) == [(False, None), (False, None), (True, reason)]
        states = [after for before, after in told if before is not after]
        assert states[-3:] == [State.STOPPING, State.FINALISING, State.AVAILABLE]


async def test_what_could_not_be_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bots_that: Callable[[str], None]
) -> None:
    """A recording whose bots died while they finished it fails with its parts kept; the next service finishes it."""
    monkeypatch.setattr(upkeep, "PAUSES_NS", (0,))
    monkeypatch.setattr(upkeep, "FINISH_PAUSES_NS", (0,))
    bots_that("dies")
    async with Recordings(configured(tmp_path / "library")) as service:
        made = await service.start(entry(URL), by="ann")
        failed = await over(service, made.id)
        assert failed.state is State.FAILED
        assert "kept" in failed.problem
    bots_that("finishes")
    async with Recordings(configured(tmp_path / "library")) as service:
        assert service.active("team") is not None
        done = await over(service, made.id)
        assert done.state is State.AVAILABLE
        await service.idle.wait()
    async with Recordings(configured(tmp_path / "library")) as service:
        assert service.running() == []


def test_the_last_sign_of_a_bot(tmp_path: Path) -> None:
    """A bot that pauses writes no part, but still speaks."""
    part = tmp_path / "part-0001.mp4"
    part.touch()
    os.utime(part, (1.0, 1.0))
    assert Workplace(tmp_path).last_sign_s() == 1.0
    (tmp_path / STATUS_FILE).touch()
    assert time.time() - Workplace(tmp_path).last_sign_s() < 60


async def test_nobody_talks_to_a_bot_that_is_gone(tmp_path: Path) -> None:
    """A request that comes as the recording ends is refused with a sentence, and opens nothing that nobody closes."""

    def kept(_before: Recording, _after: Recording) -> str:
        return ""

    keeper = Keeper(recording("a", "x"), tmp_path, Spares({}, tmp_path / "log"), kept)
    work_folder(tmp_path, "a").mkdir(parents=True)
    await keeper.close()
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(NotNow):
        await keeper.tell_host(True, None)
    with pytest.raises(NotNow):
        await keeper.picture(320)
    assert len(os.listdir("/proc/self/fd")) == before
