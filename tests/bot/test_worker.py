"""Bots as the service runs them: real processes in a generated room, steered by their sockets, killed and followed."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.control.link import Link
from bot.control.process import is_alive, started_ticks
from bot.control.status import Status
from bot.library.inspection import inspect_file
from bot.lifecycle import EndReason, State
from bot.notices import AVAILABLE, STARTED, STARTING, STOPPED_MODERATORS, STOPPED_PARTICIPANTS
from signaling.model import Role
from signaling.rehearsal.encoding import SoundEncoding, VideoCodec, VideoEncoding
from signaling.rehearsal.plan import Close, Join, Leave, ParticipantPlan, Plan, PublicationPlan
from signaling.rehearsal.room import RehearsalRoom
from tests.bot.worker_process import PATIENCE_S, SMALL, WorkerProcess, until, working, write_order
from tests.end_to_end.screening import Screening

S = 1_000_000_000
CAMERA = VideoEncoding(VideoCodec.VP8, 320, 180, 15, 150)
ADA = ParticipantPlan("ada", "Ada", (PublicationPlan("camera", 1, (CAMERA,), SoundEncoding()),), role=Role.HOST)
PLAN = Plan((ADA,))
EXACT_NS = S // 5  # three pictures at 15 a second


@pytest.fixture
async def room() -> AsyncIterator[RehearsalRoom]:
    async with RehearsalRoom(PLAN) as opened:
        yield opened


def captures(path: Path) -> list[tuple[int, int]]:
    """File time, and when what is seen there was captured in the room."""
    return Screening(path, PLAN).viewing.frames(1, CAMERA.fps, 0)


# A mark that stands for more than four seconds could be of the next round of numbers.
SHORT_HOLD = {"ROOMREEL_HOLD_MS": "1000"}


def jump_ns(path: Path, after_ns: int) -> tuple[int, int]:
    """Between the last picture that was captured before `after_ns` of the room's time and the next: of file time, and
    of the room's."""
    shown = captures(path)
    before = max(pair for pair in shown if pair[1] <= after_ns)
    later = min(pair for pair in shown if pair[1] > after_ns)
    return later[0] - before[0], later[1] - before[1]


@pytest.mark.long
async def test_a_recording_from_order_to_file(room: RehearsalRoom, tmp_path: Path) -> None:
    """Steered by the socket: what was said in the pause is nowhere in the file, which has no hole; a chapter is where
    it went on. The room hears what the design says, the last of it when there is a file."""
    order = write_order(tmp_path, room.url, title="Biology")
    async with working(order.folder) as (bot, link):
        begun = await until(link, lambda status: status.state is State.RECORDING)
        assert begun.recording_since is not None
        await asyncio.sleep(1.5)
        paused_ns = room.now_ns()
        assert (await link.pause()).paused
        assert (await link.pause()).paused
        await asyncio.sleep(2)
        assert not (await link.resume()).paused
        resumed_ns = room.now_ns()
        assert (await link.layout("grid")).layout == "grid"
        assert (await link.picture(320)).startswith(b"\xff\xd8")
        assert (await link.status()).ends_because is EndReason.DURATION_LIMIT
        assert (await link.host(False)).ends_because is EndReason.HOST_ABSENT
        assert (await link.host(True)).host_absent_until is None
        await asyncio.sleep(1.5)
        assert room.wishes.notices[-1].text == STARTED.text
        await link.stop()
        assert await bot.ended() == 0
    last = bot.last_words
    assert (last.state, last.end_reason, last.problem) == (State.AVAILABLE, EndReason.STOPPED, "")
    assert last.path is not None
    path = Path(last.path)
    assert path.parent == tmp_path / "media"
    assert "Biology" in path.name
    assert path.stat().st_size == last.size_bytes
    said = [notice.text for notice in room.wishes.notices]
    told = (STARTING, STARTED, STOPPED_MODERATORS, STOPPED_PARTICIPANTS, AVAILABLE)
    assert said == [notice.text for notice in told]
    inspection = inspect_file(path)
    assert inspection.whole
    assert abs(inspection.duration_s - last.duration_s) < 0.1
    in_file_ns, in_room_ns = jump_ns(path, (paused_ns + resumed_ns) // 2)
    assert in_file_ns <= EXACT_NS
    assert abs(in_room_ns - (resumed_ns - paused_ns)) < 2 * EXACT_NS
    assert [text for _, text in last.chapters] == ["Beginning", "Recording resumed"]
    assert (order.folder / "poster.jpg").read_bytes().startswith(b"\xff\xd8")
    report = json.loads((order.folder / "report.json").read_text())
    assert report["tracks"][0]["participant"] == "ada"
    assert (order.folder / "report.json").stat().st_mode & 0o777 == 0o600
    assert "ada" not in json.dumps(inspection.report)


@pytest.mark.long
async def test_killed_and_followed(room: RehearsalRoom, tmp_path: Path) -> None:
    """kill -9, and a second bot for the same order: one whole file on the room's clock. The gap shows the last picture
    for the hold time, then background, and is silent. A third bot, killed in a pause, leaves it paused. Whoever asks
    while a bot is at work is refused."""
    order = write_order(tmp_path, room.url)
    async with working(order.folder, **SHORT_HOLD) as (bot, link):
        await until(link, lambda status: status.state is State.RECORDING)
        await asyncio.sleep(2)
        killed_ns = room.now_ns()
        await bot.kill()
    await asyncio.sleep(1)
    async with working(order.folder, **SHORT_HOLD) as (bot, link):
        again = await until(link, lambda status: status.part == 2 and status.tracks == 2)
        back_ns = room.now_ns()
        assert again.state is State.RECORDING
        second = await WorkerProcess.start(order.folder)
        assert await second.ended() == 2
        await asyncio.sleep(2)
        await link.pause()
        await bot.kill()
    async with working(order.folder, **SHORT_HOLD) as (bot, link):
        again = await until(link, lambda status: status.part == 3 and status.tracks == 2)
        assert again.paused
        await link.resume()
        await asyncio.sleep(2)
        await link.stop()
        assert await bot.ended() == 0
    last = bot.last_words
    assert (last.state, last.part, len(last.interruptions_s)) == (State.AVAILABLE, 3, 2)
    assert last.path is not None
    path = Path(last.path)
    inspection = inspect_file(path)
    assert inspection.whole
    assert inspection.longest_gap_video_s < 0.2
    assert inspection.longest_gap_audio_s < 0.1
    in_file_ns, in_room_ns = jump_ns(path, killed_ns)
    assert abs(in_file_ns - in_room_ns) < EXACT_NS
    gap_ns = last.interruptions_s[0] * 1e9
    assert S < gap_ns < in_file_ns + EXACT_NS, "between the two bots a second passed, and more until the camera was in"
    assert gap_ns < back_ns - killed_ns + 3 * S, "less than 3 s of what was mixed are lost to the kill"
    chapters = [text for _, text in last.chapters]
    assert chapters[0] == "Beginning"
    assert chapters[1].startswith("Interrupted for 0:")
    assert chapters[-1] == "Recording resumed"
    begins_ns = int(last.chapters[1][0] * 1e9)
    assert Screening(path, PLAN).hearing.heard(1, begins_ns + S // 5, begins_ns + int(gap_ns) - S // 5) == 0.0
    assert [notice.text for notice in room.wishes.notices].count(STARTED.text) == 1


async def _ended_by(tmp_path: Path, plan: Plan, *, told: bool = False, **settings: str) -> tuple[Status, float]:
    """How a recording of this plan ended by itself, and how long after room time 0."""
    async with RehearsalRoom(plan) as room:
        order = write_order(tmp_path, room.url)
        async with working(order.folder, **settings) as (bot, link):
            if told:
                await until(link, lambda status: status.state is State.RECORDING)
                await link.host(False)
            code = await bot.ended()
            ended_s = room.now_ns() / 1e9
    assert code == 0
    return bot.last_words, ended_s


BEN = ParticipantPlan("ben", "Ben", (PublicationPlan("camera", 2, (CAMERA,)),))
GUESTS = Plan((BEN,))
HOST_LEAVES = Plan((ADA, BEN), (Leave(1 * S, "ada"), Join(2 * S, "ada"), Leave(3 * S, "ada")))
ALL_LEAVE = Plan((ADA, BEN), (Leave(1 * S, "ada"), Leave(1 * S, "ben")))
CLOSES = Plan((ADA,), (Close(3 * S),))


@pytest.mark.long
async def test_every_rule_of_the_end(tmp_path: Path) -> None:
    """Each once for real, with small settings, and a host who is away with 15 s in place of 15 min: why it ended, and
    when at the earliest."""
    absent, empty = {"ROOMREEL_HOST_ABSENT_S": "2"}, {"ROOMREEL_ROOM_EMPTY_S": "2"}
    ends = {
        "absent": (HOST_LEAVES, EndReason.HOST_ABSENT, 18.0, False, {"ROOMREEL_HOST_ABSENT_S": "15"}),
        "told": (GUESTS, EndReason.HOST_ABSENT, 2.0, True, absent),
        "empty": (ALL_LEAVE, EndReason.ROOM_EMPTY, 3.0, False, empty),
        "timeout": (GUESTS, EndReason.ROOM_TIMEOUT, 0.0, False, {"ROOMREEL_ROOM_TIMEOUT_S": "6"}),
        "limit": (GUESTS, EndReason.DURATION_LIMIT, 3.0, False, {"ROOMREEL_MAX_DURATION_S": "3"}),
        "closed": (CLOSES, EndReason.ROOM_CLOSED, 3.0, False, {}),
    }
    running = {
        name: _ended_by(tmp_path / name, plan, told=told, **settings)
        for name, (plan, _, _, told, settings) in ends.items()
    }
    found = dict(zip(running, await asyncio.gather(*running.values()), strict=True))
    for name, (_, reason, earliest_s, _, _) in ends.items():
        status, ended_s = found[name]
        assert (name, status.end_reason, status.state) == (name, reason, State.AVAILABLE)
        assert ended_s > earliest_s, name
    assert abs(found["limit"][0].duration_s - 3) < 0.1


PARENT = """
import os, subprocess, sys
spare, idle = (
    subprocess.Popen([sys.executable, "-m", "bot", "work"], stdin=-1, stdout=-1, start_new_session=True) for _ in "12"
)
assert spare.stdout.readline() == b"ready\\n"
print(spare.pid, idle.pid, flush=True)
spare.stdin.write(sys.stdin.buffer.readline())
spare.stdin.flush()
sys.stdin.buffer.readline()
os.kill(os.getpid(), 9)
"""


@pytest.mark.long
async def test_spares(room: RehearsalRoom, tmp_path: Path) -> None:
    """Ready before there is an order. With one a bot lives on when whoever gave it is killed, and SIGTERM stops it in
    order; without one it ends with its parent."""
    order = write_order(tmp_path, room.url)
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=os.environ | SMALL,
    )  # fmt: skip
    assert parent.stdin is not None
    assert parent.stdout is not None
    spare, idle = (int(word) for word in (await parent.stdout.readline()).split())
    async with Link(order.folder) as link:
        try:
            parent.stdin.write(json.dumps({"folder": str(order.folder)}).encode() + b"\n")
            begun = await until(link, lambda status: status.state is State.RECORDING)
            assert begun.pid == spare
            started = begun.pid_started
            parent.stdin.write(b"\n")
            assert await parent.wait() == -signal.SIGKILL
            await _gone(idle)
            await asyncio.sleep(0.5)
            assert (await link.status()).state is State.RECORDING
        finally:
            os.kill(spare, signal.SIGTERM)
        last = await until(link, lambda status: status.is_final)
        assert (last.state, last.end_reason) == (State.AVAILABLE, EndReason.STOPPED)
    await _gone(spare)
    assert not is_alive(spare, started)


async def _gone(pid: int) -> None:
    """Whoever adopted it may leave it a zombie: that is gone, too."""
    async with asyncio.timeout(PATIENCE_S):
        while started_ticks(pid) is not None:  # noqa: ASYNC110 - nobody tells of another's child
            await asyncio.sleep(0.05)


@pytest.mark.long
async def test_what_a_crash_left(tmp_path: Path) -> None:
    """Three ways on, at once: see each."""
    ways = (_finished_without_the_room, _followed_when_the_room_was_over, _never_joined)
    async with asyncio.TaskGroup() as group:
        for way in ways:
            group.create_task(_in_a_room(way, tmp_path / way.__name__))


async def _in_a_room(way: Callable[[RehearsalRoom, Path], Awaitable[None]], folder: Path) -> None:
    async with RehearsalRoom(PLAN) as room:
        await way(room, folder)


async def _finished_without_the_room(room: RehearsalRoom, tmp_path: Path) -> None:
    """`--finish` makes the file of what is there: failed, because nobody had stopped it. Asked again, it says the same
    and leaves everything as it is."""
    order = write_order(tmp_path, room.url)
    async with working(order.folder) as (bot, link):
        await until(link, lambda status: status.time_s > 2)
        await bot.kill()
    joins = room.joins
    for _ in range(2):
        async with working(order.folder, "--finish") as (bot, _):
            assert await bot.ended() == 4
        last = bot.last_words
        assert (last.state, last.end_reason) == (State.FAILED, EndReason.FAILED)
        assert "kept" in last.problem
        assert last.path is not None
        assert inspect_file(Path(last.path)).whole
        assert list((tmp_path / "media").iterdir()) == [Path(last.path)]
    assert room.joins == joins


async def _never_joined(room: RehearsalRoom, tmp_path: Path) -> None:
    """A sentence, and no file."""
    wrong = write_order(tmp_path, room.url.replace("rehearsal", "elsewhere"))
    async with working(wrong.folder) as (bot, _):
        assert await bot.ended() == 3
    assert bot.last_words.state is State.FAILED
    assert "no such room" in bot.last_words.problem
    assert not list(wrong.folder.glob("*.mp4"))


async def _followed_when_the_room_was_over(room: RehearsalRoom, tmp_path: Path) -> None:
    """The room was closed while no bot was in it: after the grace what is there becomes the recording."""
    order = write_order(tmp_path, room.url)
    async with working(order.folder) as (bot, link):
        await until(link, lambda status: status.time_s > 1)
        await bot.kill()
    await room.act(Close(0))
    async with working(order.folder, ROOMREEL_REJOIN_GRACE_S="1") as (bot, _):
        assert await bot.ended() == 0
    last = bot.last_words
    assert (last.state, last.end_reason, last.part) == (State.AVAILABLE, EndReason.ROOM_CLOSED, 2)
    assert last.path is not None
    assert inspect_file(Path(last.path)).whole
