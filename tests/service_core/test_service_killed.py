"""kill -9 of the service: its bots go on, and the next service finds them or finishes what they left."""

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bot.control.process import is_alive
from bot.control.status import STATUS_FILE, Status
from bot.library.catalogue.database import Database
from bot.library.places import work_folder
from bot.lifecycle import EndReason, State
from bot.service.recordings import CATALOGUE, Recordings
from bot.service.schema import MIGRATIONS
from signaling.rehearsal.room import RehearsalRoom
from tests.service_core.running import PATIENCE_S, configured, over, small_plan, until, until_recorded
from tests.service_core.test_one_recording import duration_s

ROOT = Path(__file__).parents[2]


async def killed_service(library: Path, urls: list[str]) -> None:
    """Returns when it records all of them, and has been killed."""
    command = [sys.executable, "-m", "tests.service_core.lonely_service", str(library), *urls]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), PATIENCE_S) == b"recording\n"
    finally:
        process.kill()
        await process.wait()


def children_left(library: Path) -> list[Status]:
    return [status for folder in (library / "recordings").iterdir() if (status := Status.read(folder)) is not None]


@pytest.mark.long
async def test_what_a_killed_service_leaves(tmp_path: Path) -> None:
    """Of four rooms: one bot goes on and is found; one died too and is started again for the same recording; one died
    while it stopped, and one long ago: both are finished. Nothing is recorded twice, no file is missing."""
    library = tmp_path / "library"
    async with AsyncExitStack() as exits:
        rooms = [await exits.enter_async_context(RehearsalRoom(small_plan())) for _ in range(4)]
        await killed_service(library, [room.url for room in rooms])
        with Database(library / CATALOGUE, MIGRATIONS) as database:
            asked = {row["room"]: row["id"] for row in database.rows("SELECT room, id FROM recordings")}
            folders = [work_folder(library, asked[f"room {n}"]) for n in range(4)]
            statuses = [status for folder in folders if (status := Status.read(folder)) is not None]
            assert len(statuses) == 4
            await asyncio.sleep(1)
            # Without their service all of them go on.
            assert all(is_alive(status.pid, status.pid_started) for status in statuses)
            for status in statuses[1:]:
                os.kill(status.pid, signal.SIGKILL)
            await until(lambda: not any(is_alive(status.pid, status.pid_started) for status in statuses[1:]))
            replace(statuses[2], state=State.STOPPING, end_reason=EndReason.STOPPED).write(folders[2])
            with database.transaction() as cursor:
                old = "UPDATE recordings SET entry = json_set(entry, '$.asked_at', 1.0) WHERE room = 'room 3'"
                cursor.execute(old)
            for path in (folders[3] / STATUS_FILE, *folders[3].glob("part-*.mp4")):
                os.utime(path, (1.0, 1.0))
        service = await exits.enter_async_context(Recordings(configured(library)))
        found, again, stopping, long_ago = (asked[f"room {n}"] for n in range(4))
        assert {one.id for one in service.running()} == set(asked.values())
        await until(lambda: service.get(found).live is not None)
        await until_recorded(service, again)
        await until(lambda: service.part_path(again, 2) is not None)
        assert (await over(service, stopping)).state is State.AVAILABLE
        ended = await over(service, long_ago)
        assert ended.state is State.FAILED
        assert "minutes" in ended.problem
        assert service.get(found).interruptions == 0
        assert service.get(again).interruptions == 1
        status = Status.read(folders[0])
        assert status is not None
        assert (status.pid, status.part) == (statuses[0].pid, 1)
        await asyncio.sleep(1)
        await service.stop_all()
        done = [service.get(asked[f"room {n}"]) for n in range(4)]
        assert [one.state for one in done[:2]] == [State.AVAILABLE] * 2, done
        for one in done:
            assert duration_s(service.file_path(one.id)) >= 1.0
            assert abs(duration_s(service.file_path(one.id)) - (one.duration_s or 0)) < 0.2
    await until(lambda: not any(is_alive(status.pid, status.pid_started) for status in children_left(library)))
