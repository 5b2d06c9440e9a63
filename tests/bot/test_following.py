"""A bot that comes after another one: what it says meanwhile, and what it does when it cannot go on."""

import asyncio
import errno
import io
import os
import signal
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

import bot.worker
from bot.commands.work import Task, _await_order
from bot.configuration import Configuration
from bot.control.anchor import Instant
from bot.control.link import Link
from bot.control.place import SOCKET
from bot.control.status import Status
from bot.errors import NotNow
from bot.library.folder import RecordingFolder
from bot.library.inspection import inspect_file
from bot.lifecycle import EndReason, State
from bot.past import read_past
from bot.recording import Order
from bot.rescue import closing_status, finish_parts
from bot.worker import EXIT_JOIN, EXIT_RECORDING, EXIT_USAGE, Worker
from mixer.output.settings import OutputSettings
from tests.bot.worker_process import until, write_order
from tests.output.test_joining import write_part

NOWHERE = "roomreel+ws://127.0.0.1:9/rooms/r"
PATIENCE_S = 30  # catches a hang, promises nothing
OTHER = OutputSettings(width=320, height=180, fps=30, preset="ultrafast")
FULL = OSError(errno.ENOSPC, "No space left on device")


def left(order: Order, state: State, *, reserve: bool = False) -> RecordingFolder:
    """Two seconds of a bot that died in that state."""
    folder = RecordingFolder(order.output, order.recording_id)
    if reserve:
        folder = RecordingFolder.create(order.output, order.recording_id)
    write_part(folder.part(1), 60)
    Status(recording=order.recording_id, part=1, state=state, pid=1, pid_started=1).write(order.folder)
    return folder


def words(order: Order) -> Status:
    status = Status.read(order.folder)
    assert status is not None
    return status


async def work(order: Order, **options: Any) -> int:
    async with asyncio.timeout(PATIENCE_S):
        return await Worker(order.folder, Configuration()).run(**{"finish": False, **options})


async def test_it_answers_while_it_finishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once and each second, for as long as it takes; SIGTERM changes nothing. It was stopped between two bots: that
    is why it ended, and nothing is wrong with it. A part that does not fit is a file that the status names."""
    order = write_order(tmp_path, NOWHERE)
    folder = left(order, State.RECORDING)
    write_part(folder.part(2), 30, settings=OTHER)
    go_on = threading.Event()

    def slowly(*arguments: Any, **options: Any) -> Status:
        assert go_on.wait(PATIENCE_S)
        return finish_parts(*arguments, **options)

    monkeypatch.setattr(bot.worker, "finish_parts", slowly)
    working = asyncio.create_task(work(order, finish=True, reason=EndReason.ROOM_CLOSED))
    async with Link(order.folder) as link:
        now = await until(link, lambda _: True)
        assert (now.state, now.pid) == (State.FINALISING, os.getpid())
        with pytest.raises(NotNow, match="being finished"):
            await link.pause()
        assert (await link.stop()).state is State.FINALISING
        os.kill(os.getpid(), signal.SIGTERM)
        heard = []
        async for status in link.events():
            heard.append(status)
            if len(heard) == 2:
                go_on.set()
        assert heard[-1].is_final
    assert await working == 0
    last = words(order)
    assert (last.state, last.end_reason, last.problem) == (State.AVAILABLE, EndReason.ROOM_CLOSED, "")
    assert last.path is not None
    files = {Path(last.path), *map(Path, last.others)}
    assert len(files) == 2
    assert files == set((tmp_path / "media").iterdir())


def fill_disk(monkeypatch: pytest.MonkeyPatch, folder: RecordingFolder) -> list[State]:
    """No space but what is put aside; the states that are written."""
    reserve, said = folder.path / ".reserve", list[State]()
    real_write, real_probe = Status.write, tempfile.TemporaryFile

    def write(status: Status, path: Path) -> None:
        if reserve.exists():
            raise FULL
        said.append(status.state)
        real_write(status, path)

    def probe(**options: Any) -> Any:
        if reserve.exists():
            raise FULL
        return real_probe(**options)

    monkeypatch.setattr(Status, "write", write)
    monkeypatch.setattr("bot.library.folder.tempfile.TemporaryFile", probe)
    assert reserve.exists()
    return said


async def test_a_full_disk_and_a_dead_bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot go on, so what is there becomes the recording; nobody hears that it failed before it has."""
    order = write_order(tmp_path, NOWHERE)
    said = fill_disk(monkeypatch, left(order, State.RECORDING, reserve=True))
    assert await work(order) == EXIT_RECORDING
    last = words(order)
    assert (last.state, last.end_reason) == (State.FAILED, EndReason.DISK_FULL)
    assert "No space left" in last.problem
    assert last.path is not None
    assert inspect_file(Path(last.path)).whole
    assert said == [State.FINALISING, State.FAILED]


async def test_a_full_disk_and_a_bot_that_died_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The space that was put aside is for this."""
    order = write_order(tmp_path, NOWHERE)
    fill_disk(monkeypatch, left(order, State.FINALISING, reserve=True))
    assert await work(order) == 0
    assert words(order).state is State.AVAILABLE


async def test_where_no_socket_can_be(tmp_path: Path) -> None:
    """Nobody could stop it: it says so and does not record. What is there is finished all the same."""
    first, later = (write_order(tmp_path / name, NOWHERE) for name in ("first", "later"))
    left(later, State.RECORDING)
    for order in (first, later):
        (order.folder / SOCKET).mkdir()
    assert await work(first) == EXIT_USAGE
    assert await work(later) == EXIT_RECORDING
    for order in (first, later):
        assert words(order).state is State.FAILED
        assert "control socket" in words(order).problem
    path = words(later).path
    assert path is not None
    assert inspect_file(Path(path)).whole


async def test_told_to_stop_before_it_has_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it still looks at what was left: in order, with a last word."""
    order = write_order(tmp_path, NOWHERE)

    def stopped(*arguments: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return read_past(*arguments)

    monkeypatch.setattr(bot.worker, "read_past", stopped)
    assert await work(order) in {EXIT_JOIN, EXIT_RECORDING}
    assert words(order).state is State.FAILED


@pytest.mark.parametrize(
    ("left_reason", "reason", "expected"),
    [
        (None, None, (EndReason.FAILED, True)),
        (None, EndReason.FAILED, (EndReason.FAILED, True)),
        (None, EndReason.ROOM_CLOSED, (EndReason.ROOM_CLOSED, False)),
        (EndReason.HOST_ABSENT, None, (EndReason.HOST_ABSENT, False)),
        (EndReason.FAILED, None, (EndReason.FAILED, True)),
    ],
)
def test_why_it_ended(
    tmp_path: Path, left_reason: EndReason | None, reason: EndReason | None, expected: tuple[EndReason, bool]
) -> None:
    """And whether that is a failure; a bot that dies while it finishes changes neither."""
    order = write_order(tmp_path, NOWHERE)
    folder = RecordingFolder(order.output, order.recording_id)
    status = Status(recording="r", part=1, state=State.RECORDING, pid=1, pid_started=1, end_reason=left_reason)
    for _ in range(3):
        status.write(order.folder)
        status = closing_status(order, read_past(order, folder, Instant.now()), reason=reason)
        assert (status.end_reason, bool(status.problem)) == expected
        reason = None


async def test_nothing_to_finish(tmp_path: Path) -> None:
    """Stopped before a bot had recorded anything: that is said."""
    order = write_order(tmp_path, NOWHERE)
    assert await work(order, finish=True, reason=EndReason.STOPPED) == EXIT_RECORDING
    assert (words(order).state, words(order).end_reason) == (State.FAILED, EndReason.STOPPED)
    assert "before anything was recorded" in words(order).problem


def test_an_order_from_one_who_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody hears that it is ready, and the order counts."""
    reader, writer = os.pipe()
    os.close(reader)

    def write(_descriptor: int, data: bytes) -> int:
        return real(writer, data)

    real = os.write
    monkeypatch.setattr("bot.commands.work.os.write", write)
    monkeypatch.setattr("bot.warm_up.warm_up", lambda _: None)
    monkeypatch.setattr("sys.stdin", io.StringIO('{"folder": "/r", "finish": true, "reason": "room_closed"}\n'))
    assert _await_order(Configuration()) == Task(Path("/r"), True, EndReason.ROOM_CLOSED)
    os.close(writer)
