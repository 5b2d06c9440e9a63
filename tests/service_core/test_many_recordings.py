"""Many recordings by one service: in a row, and at once while one of them always crashes."""

import asyncio
import gc
import os
import signal
import threading
import time
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from bot.control.process import is_alive
from bot.control.status import Status
from bot.library.places import work_folder
from bot.lifecycle import State
from bot.service.recordings import Recordings
from signaling.rehearsal.encoding import SoundEncoding
from signaling.rehearsal.plan import ParticipantPlan, Plan, PublicationPlan
from signaling.rehearsal.room import RehearsalRoom
from tests.end_to_end.screening import STEP_NS, Screening
from tests.service_core.running import CAMERA, PATIENCE_S, configured, entry, over, small_plan, until_recorded

IN_A_ROW = 50
LANES = 2
WARM = 10  # recordings before anything is counted
MOST_GROWTH_BYTES = 16 << 20

ROOMS = 8
CRASHES = 4
LONGEST_S = 12
STARVED_NS = 400_000_000  # the machine itself was late by as much: what comes then is not shown in time by anybody
STARVED_SHARE = 0.2  # of all tenths of a second that may differ for that reason
BUSY_SHARE = 0.02  # nine bots on two cores: a packet may come too late for the mix without anybody being starved
SETTLE_NS = 1_000_000_000
HOLD_NS = 5_000_000_000


def held() -> dict[str, int]:
    """What this process holds on to."""
    gc.collect()
    return {
        "files": len(os.listdir("/proc/self/fd")),
        "children": len(psutil.Process().children()),
        "threads": threading.active_count(),
        "tasks": len(asyncio.all_tasks()),
    }


@pytest.mark.long
@pytest.mark.alone
async def test_fifty_in_a_row(tmp_path: Path) -> None:
    """50 starts and stops leave nothing behind in the service: no file, no process, no thread, no task, no memory."""
    done = 0
    settled: list[tuple[dict[str, int], int]] = []

    async def lane(service: Recordings, name: str, url: str) -> None:
        nonlocal done
        while done < (WARM if not settled else IN_A_ROW):
            done += 1
            made = await service.start(entry(url, name), by="ann")
            await until_recorded(service, made.id)
            await service.stop(made.id)
            assert (await over(service, made.id)).problem == ""

    async with (
        RehearsalRoom(small_plan()) as one,
        RehearsalRoom(small_plan()) as two,
        Recordings(configured(tmp_path / "library")) as service,
    ):
        for _ in range(2):
            await asyncio.gather(*(lane(service, f"lane {n}", room.url) for n, room in enumerate((one, two))))
            await service.idle.wait()
            await asyncio.wait_for(service.spare_ready.wait(), 60)
            await asyncio.gather(one.empty(), two.empty())
            settled.append((held(), psutil.Process().memory_info().rss))
        assert len(service.list(limit=100)) >= IN_A_ROW
    (before, memory), (after, grown) = settled
    assert all(after[what] <= before[what] for what in before), settled
    assert grown - memory < MOST_GROWTH_BYTES


def one_camera(number: int) -> Plan:
    """Nobody else's mark and tone."""
    camera = PublicationPlan("camera", number, (CAMERA,), SoundEncoding())
    return Plan((ParticipantPlan("ada", "Ada", (camera,)),))


async def crash(service: Recordings, url: str) -> int:
    """Whatever bot there is in room 0 is killed each second; a recording that was given up is started again. On a busy
    machine the next bot takes its time: this ends after CRASHES of them, or after LONGEST_S with one at least."""
    killed, began_s = 0, time.monotonic()
    while killed < CRASHES and (time.monotonic() - began_s < LONGEST_S or not killed):
        await asyncio.sleep(1)
        recording = service.active("room 0")
        if recording is None:
            recording = await service.start(entry(url, "room 0"), by="ann")
        status = Status.read(work_folder(service.library, recording.id))
        if status is not None and is_alive(status.pid, status.pid_started):
            os.kill(status.pid, signal.SIGKILL)
            killed += 1
    return killed


@pytest.mark.long
@pytest.mark.alone
async def test_eight_rooms_of_which_one_always_crashes(tmp_path: Path) -> None:
    """Eight rooms are recorded at once, and one of the bots is killed each second: the other seven recordings are
    whole, each shows and sounds its own room and no other, from beginning to end."""
    plans = [one_camera(number) for number in range(ROOMS)]
    async with AsyncExitStack() as exits:
        rooms = [await exits.enter_async_context(RehearsalRoom(plan)) for plan in plans]
        service = await exits.enter_async_context(Recordings(configured(tmp_path / "library")))
        made = [await service.start(entry(room.url, f"room {n}"), by="ann") for n, room in enumerate(rooms)]
        for one in made:
            await until_recorded(service, one.id)
        assert await asyncio.wait_for(crash(service, rooms[0].url), PATIENCE_S)
        before = [service.get(one.id) for one in made[1:]]
        await service.stop_all()
        done = [service.get(one.id) for one in made[1:]]
        files = [service.file_path(one.id) for one in done]
    assert {(one.state, one.interruptions, one.problem) for one in done} == {(State.AVAILABLE, 0, "")}
    late_ns = max(room.clockwork.latest_ns for room in rooms)
    for plan, path, running, one in zip(plans[1:], files, before, done, strict=True):
        assert path is not None
        assert running.live is not None
        screening = Screening(path, plan)
        assert screening.hearing.holes == ()
        times = screening.picture_times_ns()
        assert {round((later - earlier) * 15 / 1e9, 2) for earlier, later in pairwise(times)} == {1.0}
        assert set(screening.viewing.sightings) == {plan.participants[0].publications[0].number}
        assert one.duration_s is not None
        assert one.recording_since is not None
        assert one.ended_at is not None
        # The mix runs a second behind the room, and more where the machine is slow.
        assert abs(one.duration_s - (one.ended_at - one.recording_since)) < 2.5 + running.live.lag_ms / 1e3
        differences = screening.differences(settle_ns=SETTLE_NS, hold_ns=HOLD_NS)
        tenths = 2 * screening.hearing.duration_ns / STEP_NS
        lame = late_ns > STARVED_NS or running.live.lag_ms > STARVED_NS / 1e6
        assert len(differences) <= (STARVED_SHARE if lame else BUSY_SHARE) * tenths, differences
