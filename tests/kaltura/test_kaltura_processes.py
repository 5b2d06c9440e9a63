"""Real processes publish to Kaltura: killed at each step, and with files far larger than their memory."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.kaltura.kaltura_server import KalturaServer, running, silence
from tests.kaltura.publishing import PART_BYTES, digest, finished

# Each step, and whether its process is killed before the server does it or after; in an order in which every kill is
# reached: what was done before one is not asked for again after it.
KILLS = [
    ("session.start", "before"),
    ("media.list", "after"),
    ("media.add", "before"),
    ("media.add", "after"),
    ("uploadToken.add", "after"),
    ("uploadToken.upload", "before"),
    ("uploadToken.upload", "after"),
    ("media.addContent", "before"),
    ("media.addContent", "after"),
    ("categoryEntry.add", "after"),
    ("room.attachRecordedEntry", "after"),
    ("flavorAsset.list", "before"),
]


async def start(server: KalturaServer, file: Path, memory: Path, part_bytes: int = PART_BYTES) -> Process:
    return await create_subprocess_exec(
        *(sys.executable, "-m", "tests.kaltura.publishing", server.url, str(file), str(memory), str(part_bytes)),
        stdout=PIPE,
        cwd=Path(__file__).parents[2],
    )


async def answer(process: Process) -> dict[str, Any]:
    out, _ = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.long
async def test_killed_at_each_step(tmp_path: Path) -> None:
    """kill -9 at one step after the other, each time another process goes on: one entry, right bytes, right place."""
    it = finished(tmp_path / "it.mp4")
    memory = tmp_path / "memory.json"
    async with running(KalturaServer()) as server:
        for action, stage in KILLS:
            reached = asyncio.Event()

            async def hold(request: web.Request, reached: asyncio.Event = reached) -> web.StreamResponse:
                reached.set()
                return await silence(request)

            server.fail(action, hold, stage=stage, nth=2 if action == "uploadToken.upload" else 1)
            process = await start(server, it.file, memory)
            try:
                await asyncio.wait_for(reached.wait(), 60)
            finally:
                os.kill(process.pid, signal.SIGKILL)
                await process.wait()
        await answer(await start(server, it.file, memory))
        entry = server.only_entry()
    assert entry.digest == digest(it.file)
    assert (entry.fields["userId"], entry.fields["entitledUsersEdit"]) == ("olga", "otto")
    assert (entry.categories, server.rooms["1_room"]) == ([11], [entry.id])
    assert server.asked.count("media.add") == 2
    assert len(server.uploads) == 2, "one that no process remembers; it goes by itself after 7 days"
    assert server.early == []


@pytest.mark.long
async def test_large_file_in_little_memory(tmp_path: Path) -> None:
    """192 MiB go up in parts of 16 MiB; the process grows by less than two parts."""
    file = tmp_path / "large.mp4"
    with file.open("wb") as target:
        for number in range(24):
            target.write(bytes([number]) * (8 << 20))
    async with running(KalturaServer(keeps_bytes=False)) as server:
        found = await answer(await start(server, file, tmp_path / "memory.json", 16 << 20))
        assert server.only_entry().digest == digest(file)
        assert server.asked.count("uploadToken.upload") == 12
    assert found["grown_kb"] < 24 << 10
