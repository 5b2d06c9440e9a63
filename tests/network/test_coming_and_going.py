"""Participants by the hundred, one after another: what they leave behind in the bot."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from statistics import median

import pytest
import uvloop

from signaling.rehearsal.encoding import SoundEncoding, VideoCodec, VideoEncoding
from signaling.rehearsal.plan import Action, Join, Leave, ParticipantPlan, Plan, PublicationPlan
from signaling.rehearsal.rhythm import SECOND_NS
from signaling.rehearsal.room import RehearsalRoom
from tests.end_to_end.bot_process import BotProcess
from tests.end_to_end.screening import Screening
from tests.figures import note
from tests.network.rehearsed import CAMERA, SMALL

pytestmark = [pytest.mark.long, pytest.mark.paced]

VISITORS = 30
VISITS = 300
EVERY_S, STAY_S = 0.25, 2.0
# Every visitor comes once before the first look: libraries, pools and buffers are there by then.
WARM_UP_S = VISITORS * EVERY_S
QUIET_S = 8.0  # after it whoever left is gone from the mix, too
FIRST_LOOK_S = WARM_UP_S + STAY_S + QUIET_S
END_S = FIRST_LOOK_S + VISITS * EVERY_S + STAY_S + QUIET_S
LOOK_S = 4.0  # at the end of each quiet time
# Figures of 600 tracks for the report, and the index of the file: a few kilobytes a visit are meant to stay.
GROWTH_BYTES = 12 << 20

TINY = VideoEncoding(VideoCodec.VP8, 160, 90, 5, 40)


def _plan() -> Plan:
    sound = SoundEncoding()
    people = [ParticipantPlan("host", "Host", (PublicationPlan("camera", 1, (CAMERA,), sound),))]
    people += [
        ParticipantPlan(f"v{n:02}", f"Visitor {n}", (PublicationPlan("camera", n + 2, (TINY,), sound),))
        for n in range(VISITORS)
    ]
    actions: list[Action] = []
    for visit in range(VISITORS + VISITS):
        at_s = 1.0 + visit * EVERY_S if visit < VISITORS else FIRST_LOOK_S + (visit - VISITORS) * EVERY_S
        identity = f"v{visit % VISITORS:02}"
        actions += [
            Join(int(at_s * SECOND_NS), identity),
            Leave(int((at_s + STAY_S) * SECOND_NS), identity),
        ]
    return Plan(tuple(people), tuple(actions))


async def _record(plan: Plan, output: Path, log: Path) -> tuple[BotProcess, RehearsalRoom, float]:
    """When room time began is by `time.monotonic()`, as what the watcher writes."""
    async with RehearsalRoom(plan) as room:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.network.watched", str(log),
            "record", room.url, "--output", str(output), "--json", "--max-duration", f"{END_S + 1}s",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | SMALL,
        )  # fmt: skip
        bot = BotProcess(process, time.monotonic())
        assert await bot.wait(END_S + 60) == 0, bot.errors
        assert room.origin_ns is not None
        return bot, room, room.origin_ns / 1e9


def _seen(looks: list[dict[str, float]], until_s: float) -> dict[str, float]:
    """The middle of what was seen in the last seconds of a quiet time."""
    near = [look for look in looks if until_s - LOOK_S <= look["at_s"] < until_s]
    assert near, "nobody looked"
    return {name: median(look[name] for look in near) for name in near[0]}


def test_three_hundred_visits(tmp_path: Path) -> None:
    """Whoever comes and goes leaves no task, no thread, no socket, and no memory but for a line in the report."""
    plan, log = _plan(), tmp_path / "looks"
    bot, room, origin_s = uvloop.run(_record(plan, tmp_path, log))
    looks = [json.loads(line) for line in log.read_text().splitlines()]
    before, after = _seen(looks, origin_s + FIRST_LOOK_S), _seen(looks, origin_s + END_S)
    most = {name: max(look[name] for look in looks) for name in before}
    counted = ("tasks", "threads", "sockets", "files")
    grown = after["resident_bytes"] - before["resident_bytes"]
    met = all(after[name] <= before[name] for name in counted) and grown <= GROWTH_BYTES
    note(
        3,
        "300 joins and leaves",
        "memory, threads, tasks and sockets flat",
        "; ".join(
            f"{name} {before[name]:.0f} before, {after[name]:.0f} after (at most {most[name]:.0f})" for name in counted
        )
        + f"; memory {before['resident_bytes'] / 2**20:.0f} MiB before, {after['resident_bytes'] / 2**20:.0f} after; "
        f"{VISITS} visits in {VISITS * EVERY_S:.0f} s",
        met=met,
        order=7,
    )
    screening = Screening(bot.path, plan)
    visitors = [n for n in range(2, VISITORS + 2) if screening.viewing.sightings.get(n)]
    assert len(visitors) >= VISITORS - 2, "visitors were not even seen"
    assert most["sockets"] > before["sockets"] + 4
    assert met, (before, after, most)
    assert room.joins == 1
