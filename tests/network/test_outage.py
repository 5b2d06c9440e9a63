"""The link goes down and comes back; the server goes away and comes back."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
import uvloop

from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.hearing import measure_skew
from signaling.rehearsal.mishap import Mishaps
from signaling.rehearsal.rhythm import SECOND_NS
from signaling.rehearsal.room import RehearsalRoom
from signaling.rehearsal.settings import RehearsalSettings
from tests.end_to_end.bot_process import BotProcess
from tests.end_to_end.screening import Screening
from tests.figures import note
from tests.network.rehearsed import CAMERA, H264_CAMERA, MS, SMALL, rehearse

pytestmark = [pytest.mark.long, pytest.mark.paced]

PLAN = steady_plan([CAMERA, H264_CAMERA])
NUMBERS = (1, 2)
AWAY_S = 10
DOWN = (11 * SECOND_NS, 16 * SECOND_NS)  # since the relay's start


def first_new_ns(screening: Screening, publication: int, after_ns: int) -> int:
    """When a frame that was captured after this moment is first shown. Both are times of the file."""
    captured = screening.viewing.frames(publication, CAMERA.fps, screening.origin_ns)
    return min(
        at_ns
        for at_ns, capture_ns in captured
        if at_ns > after_ns and capture_ns - screening.origin_ns >= after_ns - SECOND_NS // CAMERA.fps
    )


def test_link_down(tmp_path: Path) -> None:
    """Nothing comes through for 5 s: the picture is back within a second of the link, in step with the sound."""
    mishaps = Mishaps(delay_ns=25 * MS, down=(DOWN,))
    recorded = uvloop.run(rehearse(PLAN, tmp_path, 26, RehearsalSettings(mishaps=mishaps), full_quality=True))
    screening, room = recorded.screening, recorded.room
    assert room.relay is not None
    assert room.relay.origin_ns is not None
    assert room.origin_ns is not None
    began_ns, ended_ns = (
        room.relay.origin_ns + edge_ns - room.origin_ns - screening.origin_ns for edge_ns in DOWN
    )  # in the file
    assert SECOND_NS < began_ns < 12 * SECOND_NS, "the link went down too late to tell anything"

    back_ms = max(first_new_ns(screening, number, ended_ns) - ended_ns for number in NUMBERS) / MS
    voices_ms = max(_heard_again_ns(screening, number, ended_ns) - ended_ns for number in NUMBERS) / MS
    skews_ms = [skew / MS for number in NUMBERS for skew in _skews_after(screening, number, ended_ns)]
    worst_ms = max(map(abs, skews_ms))
    met = back_ms <= 1000 and worst_ms <= 40 and screening.viewing.broken == 0
    note(
        3,
        "link down 5 s, then back",
        "picture back ≤ 1 s after the link; sound and picture still within 40 ms",
        f"pictures back after {back_ms:.0f} ms, voices after {voices_ms:.0f} ms; worst skew afterwards "
        f"{worst_ms:.0f} ms over {len(skews_ms)} flashes; {screening.viewing.broken} broken pictures",
        met=met,
        order=4,
    )
    # Nothing was captured for the file while the link was down, so the test is of the link.
    assert all(not screening.hearing.heard(n, began_ns + SECOND_NS, ended_ns - SECOND_NS) for n in NUMBERS)
    assert len(skews_ms) >= 8
    assert met, (back_ms, voices_ms, skews_ms, screening.viewing.broken)
    assert recorded.bot.events("finished")[0]["rejoins"] == 0


def _heard_again_ns(screening: Screening, publication: int, after_ns: int) -> int:
    step_ns = 20 * MS
    end_ns = screening.hearing.duration_ns
    return next(
        at for at in range(after_ns, end_ns, step_ns) if screening.hearing.heard(publication, at, at + 100 * MS) > 0.9
    )


def _skews_after(screening: Screening, publication: int, after_ns: int) -> list[int]:
    flashes = screening.viewing.flashes(publication)
    skew = measure_skew(screening.viewing, screening.hearing, publication)
    assert skew.unmatched == 0 or len(flashes) > skew.unmatched
    beeps = screening.hearing.beep_onsets(publication)
    found = []
    for flash in flashes:
        near = min(beeps, key=lambda beep: abs(beep - flash))
        if flash > after_ns and abs(near - flash) < 450 * MS:
            found.append(flash - near)
    return found


async def _record_restart(output: Path) -> tuple[BotProcess, float]:
    """A server that goes without a word and is back on the same port; the bot, and when the server was back, in seconds
    of the recording."""
    loop = asyncio.get_running_loop()
    async with RehearsalRoom(PLAN) as room:
        bot = await BotProcess.start(room.url, output, "--max-duration", "30s", **SMALL)
        await asyncio.wait_for(room.started.wait(), 30)
        joined_s = loop.time()
        await asyncio.sleep(6)
        port = room.port
        for attendee in room.attendees:
            attendee.cut()
    await asyncio.sleep(AWAY_S)
    async with RehearsalRoom(PLAN, RehearsalSettings(port=port)) as again:
        opened_s = loop.time()
        await asyncio.wait_for(again.started.wait(), 30)
        assert await bot.wait(60) == 0, bot.errors
    return bot, opened_s - joined_s


def test_server_restarts(tmp_path: Path) -> None:
    """The server goes without a word and is back after ten seconds on the same port, knowing nothing: one file shows
    what was before and after, and the report knows the gap."""
    bot, opened_s = uvloop.run(_record_restart(tmp_path))
    screening = Screening(bot.path, PLAN)
    finished = bot.events("finished")[0]
    opened_ns = int(opened_s * 1e9)
    back_s = (
        max(
            next(one.time_ns for one in screening.viewing.shown(number, opened_ns - SECOND_NS, 30 * SECOND_NS))
            for number in NUMBERS
        )
        / 1e9
        - opened_s
    )
    times = screening.picture_times_ns()
    constant = {round((later - earlier) * 30 / SECOND_NS) for earlier, later in pairwise(times)} == {1}
    met = finished["rejoins"] == 1 and back_s < 12 and constant and screening.viewing.broken == 0
    note(
        3,
        "server gone without a word, back on the same port after 10 s",
        "joins again by itself with back-off (10 s at most between attempts), one file, constant picture rate",
        f"{finished['rejoins']} rejoin; pictures back {back_s:.1f} s after the server",
        met=met,
        order=10,
    )
    assert met, (finished, back_s, constant)
    for number in NUMBERS:
        assert screening.viewing.shown(number, 2 * SECOND_NS, 5 * SECOND_NS)
        assert screening.hearing.heard(number, 28 * SECOND_NS, 29 * SECOND_NS) > 0.9
