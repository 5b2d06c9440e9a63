"""status.json: what is said to have been done is in it."""

import asyncio
import contextlib
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from bot.chronicle import Chronicle
from bot.control.endpoint import Endpoint
from bot.control.link import Link
from bot.control.place import Place
from bot.control.status import Status
from bot.lifecycle import State
from tests.control.test_control_socket import Recorder

_write = Status.write


def slowly(status: Status, folder: Path) -> None:
    time.sleep(0.05)
    _write(status, folder)


async def test_an_answer_outlasts_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is told that it is paused may kill the bot then: its successor knows."""
    monkeypatch.setattr(Status, "write", slowly)
    bot = Recorder()
    chronicle = Chronicle(bot.board, tmp_path)
    keeping = asyncio.create_task(chronicle.run())
    with Place(tmp_path, alone=True) as place:
        async with Endpoint(bot, chronicle.caught_up).serving(place), Link(tmp_path) as link:
            for ask in (link.pause, link.resume, link.pause):
                said = await ask()
                kept = Status.read(tmp_path)
                assert kept is not None
                assert kept.state is said.state
    keeping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await keeping


async def test_a_disk_that_takes_nothing(tmp_path: Path) -> None:
    """The answer comes all the same."""
    bot = Recorder()
    chronicle = Chronicle(bot.board, tmp_path / "nowhere")
    async with asyncio.timeout(2):
        keeping = asyncio.create_task(chronicle.run())
        bot.become(state=State.PAUSED)
        await chronicle.caught_up()
    keeping.cancel()


async def test_no_thread_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may start no more threads just now goes on, and what is on the board is kept a little later."""
    real, refused = asyncio.to_thread, 0

    async def to_thread(*call: Any) -> Any:
        nonlocal refused
        refused += 1
        if refused == 1:
            raise RuntimeError("can't start new thread")
        return await real(*call)

    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    monkeypatch.setattr("bot.chronicle.RETRY_S", 0.05)
    bot = Recorder()
    chronicle = Chronicle(bot.board, tmp_path)
    async with asyncio.timeout(2):
        keeping = asyncio.create_task(chronicle.run())
        bot.become(state=State.PAUSED)
        await chronicle.caught_up()
    assert refused == 2
    kept = Status.read(tmp_path)
    assert kept is not None
    assert kept.state is State.PAUSED
    keeping.cancel()


async def test_the_last_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A status that is just being written when the last one comes does not take its place."""
    begun = threading.Event()

    def write(status: Status, folder: Path) -> None:
        begun.set()
        slowly(status, folder)

    monkeypatch.setattr(Status, "write", write)
    bot = Recorder()
    chronicle = Chronicle(bot.board, tmp_path)
    keeping = asyncio.create_task(chronicle.run())
    bot.become(state=State.STOPPING)
    await asyncio.to_thread(begun.wait)
    keeping.cancel()
    bot.become(state=State.AVAILABLE)
    await asyncio.to_thread(chronicle.close, bot.now)
    await asyncio.sleep(0.1)
    last = Status.read(tmp_path)
    assert last is not None
    assert last.state is State.AVAILABLE
