"""The disk runs full while a recording grows: it ends, and what was written is kept and plays."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.room import RehearsalRoom
from tests.end_to_end.bot_process import BotProcess

CAMERA = VideoEncoding(VideoCodec.VP8, 640, 360, 30, 500)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 80 MB, of which a recording needs 64 to begin."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def _fill(disk: Path) -> None:
    """Takes all the space that is left."""
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        block = bytes(64 << 10)
        try:
            while ballast.write(block) == len(block):
                pass
        except OSError:
            return


@pytest.mark.long
@pytest.mark.needs("mount")
async def test_disk_runs_full(small_disk: Path) -> None:
    """Exit code 4, a sentence, and the path of a file that plays up to then."""
    async with RehearsalRoom(steady_plan([CAMERA])) as room:
        bot = await BotProcess.start(room.url, small_disk)
        await asyncio.wait_for(room.started.wait(), 20)
        await asyncio.sleep(4)
        _fill(small_disk)
        assert await bot.wait() == 4
    assert "space" in bot.errors
    assert "Traceback" not in bot.errors
    with av.open(str(bot.path)) as file:
        pictures = sum(1 for _ in file.decode(video=0))
    told_s = max(event["time_s"] for event in bot.events("progress"))
    assert told_s > 0
    assert pictures >= round(told_s * 30)


@pytest.mark.needs("mount")
async def test_no_space_to_begin(small_disk: Path) -> None:
    """A disk that is full already: nothing is started, and a sentence says why."""
    _fill(small_disk)
    bot = await BotProcess.start("roomreel+ws://127.0.0.1:1/rooms/a", small_disk)
    assert await bot.wait() == 2
    assert "space" in bot.errors
    assert "Traceback" not in bot.errors
