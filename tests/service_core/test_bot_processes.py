"""Processes as the service holds them: seen to end, found again, never mistaken for another."""

import asyncio
import errno
import os
import subprocess
from pathlib import Path

import pytest

from bot.control.process import started_ticks
from bot.library.places import work_folder
from bot.lifecycle import EndReason, State
from bot.service import machine, spares, upkeep
from bot.service.bot_process import BotProcess
from bot.service.recordings import Recordings
from tests.service_core.running import configured, entry, over


def no_descriptors(_pid: int) -> int:
    raise OSError(errno.ENOSYS, "an old kernel")


@pytest.mark.parametrize("has_descriptors", [True, False])
async def test_the_end_of_a_process_is_seen(monkeypatch: pytest.MonkeyPatch, has_descriptors: bool) -> None:
    """Of our own child and of one that is only watched, with a kernel that helps and with one that does not."""
    if not has_descriptors:
        monkeypatch.setattr(os, "pidfd_open", no_descriptors)
    child = subprocess.Popen(["sleep", "60"])  # noqa: ASYNC220
    started = started_ticks(child.pid)
    assert started is not None
    watched, held = BotProcess.adopt(child.pid, started), BotProcess(child.pid, child=child)
    assert watched is not None
    assert not held.exited.is_set()
    watched.stop()
    await asyncio.wait_for(asyncio.gather(watched.exited.wait(), held.exited.wait()), 30)
    assert child.returncode == -15
    watched.kill()  # nobody is there any more, and nobody else is hit
    assert BotProcess.adopt(child.pid, started) is None
    for process in (watched, held):
        process.release()


async def test_a_pid_that_is_somebody_elses() -> None:
    """A process that only has the pid of a bot is left alone."""
    started = started_ticks(os.getpid())
    assert started is not None
    assert BotProcess.adopt(os.getpid(), started + 1) is None
    assert BotProcess.adopt(2**22 - 1, started) is None


@pytest.mark.parametrize("command", [("/bin/false",), ("/nowhere/at/all",)])
async def test_bots_that_cannot_even_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """A recording whose bots all die at once ends as failed, with a sentence, and the service goes on."""
    monkeypatch.setattr(spares, "COMMAND", command)
    monkeypatch.setattr(upkeep, "PAUSES_NS", (0,))
    async with Recordings(configured(tmp_path / "library")) as service:
        made = await service.start(entry("roomreel+ws://127.0.0.1:9/rooms/x"), by="ann")
        failed = await over(service, made.id)
        assert (failed.state, failed.end_reason) == (State.FAILED, EndReason.FAILED)
        assert "5 times in a row" in failed.problem
        await service.idle.wait()
        assert service.active("team") is None
    secrets = work_folder(tmp_path / "library", made.id) / "order.json"
    assert secrets.stat().st_mode & 0o077 == 0


def test_limits_of_the_control_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container what counts is what it may use, by the narrowest of all the groups around it."""
    monkeypatch.setattr(machine, "_GROUPS", tmp_path)
    inner = tmp_path / "pod" / "container"
    inner.mkdir(parents=True)
    (tmp_path / "pod" / "cpu.max").write_text("150000 100000\n")
    (inner / "cpu.max").write_text("max 100000\n")
    (inner / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 1\n")
    assert machine._limit(inner) == 1.5
    assert machine._limit(tmp_path) is None
    assert machine._group_used_ns(inner) == 2_500_000_000
    assert machine._group_used_ns(tmp_path) is None
