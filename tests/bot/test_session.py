"""One recording from join to file, whatever goes wrong on the way: by a room that does what the test says."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest

from bot.configuration import Configuration
from bot.control.status import Status
from bot.errors import OutputError, RecordingFailed
from bot.library.inspection import inspect_file
from bot.lifecycle import EndReason, State
from bot.progress import Progress
from bot.receive.receiver import Receiver
from bot.recording import new_order
from bot.session import Outcome, Session
from mixer.errors import OutputUnwritable
from signaling.address import parse_address
from signaling.errors import Unreachable
from signaling.event import ConnectionLost, EndCause, RoomChanged, RoomEnded
from signaling.model import Room
from tests.bot.scripted_room import ScriptedClient
from tests.mixer.test_mixer import mixer_threads

PATIENCE_S = 20  # catches a hang, promises nothing
SMALL = Configuration(width=320, height=180, fps=10, preset="ultrafast")


def _silent(_progress: Progress) -> None: ...


def session(
    output: Path,
    monkeypatch: pytest.MonkeyPatch,
    *clients: ScriptedClient,
    on_progress: Callable[[Progress], None] = _silent,
) -> Session:
    """The room is entered by these clients, one after the other."""
    waiting = iter(clients)
    monkeypatch.setattr("bot.session.make_client", lambda *_, **__: next(waiting))
    configuration = replace(SMALL, output=str(output))
    address = parse_address("roomreel+ws://nowhere/rooms/r")
    order = new_order(address, token=None, title=None, configuration=configuration)
    return Session(order, configuration, on_progress=on_progress)


async def finished(recording: Session) -> Outcome:
    async with asyncio.timeout(PATIENCE_S):
        return await recording.run()


async def broken(recording: Session) -> RecordingFailed:
    with pytest.raises(RecordingFailed) as caught:
        await finished(recording)
    return caught.value


def stop_after(recording: Session, seconds: float = 0.5) -> None:
    asyncio.get_running_loop().call_later(seconds, recording.stop)


async def test_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop leaves the finished file and nothing else, and the room."""
    client = ScriptedClient()
    recording = session(tmp_path, monkeypatch, client)
    stop_after(recording)
    outcome = await finished(recording)
    assert outcome.report.end_reason is EndReason.STOPPED
    assert inspect_file(outcome.path).whole
    assert list(tmp_path.iterdir()) == [outcome.path]
    assert client.left.is_set()


async def said(client: ScriptedClient, count: int) -> None:
    """So many notices."""
    async with asyncio.timeout(PATIENCE_S):
        while len(client.notices) < count:  # noqa: ASYNC110 - the client is a plain list
            await asyncio.sleep(0.02)


async def test_the_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the design's words, and the bot stays until it can say that the file is there."""
    client = ScriptedClient()
    recording = session(tmp_path, monkeypatch, client)
    running = asyncio.create_task(finished(recording))
    await said(client, 2)
    recording.stop()
    await running
    assert client.notices == [
        "Recording will start momentarily, please wait.",
        "This session is being recorded.",
        "Recording ended, starting upload.",
        "The recording has completed.",
        "Your recording file is available.",
    ]


async def test_what_happens_in_a_pause_is_seen_now_and_never_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture of now goes on; of what may be kept there is none until the file goes on."""
    client = ScriptedClient()
    recording = session(tmp_path, monkeypatch, client)
    desk = recording.desk
    running = asyncio.create_task(finished(recording))
    await said(client, 2)

    async def until_kept(kept: bool) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while (await desk.recorded_still(64) is not None) is not kept:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)

    await until_kept(True)
    desk.pause()
    await until_kept(False)
    for _ in range(5):
        await asyncio.sleep(0.05)
        assert await desk.recorded_still(64) is None
        assert await desk.picture(64) is not None
    desk.resume()
    await until_kept(True)
    recording.stop()
    await running


async def test_a_room_that_is_closed_is_not_spoken_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is there who could hear it."""
    client = ScriptedClient()
    running = asyncio.create_task(finished(session(tmp_path, monkeypatch, client)))
    await said(client, 2)
    client.tell(RoomEnded(EndCause.CLOSED))
    await running
    assert client.notices == ["Recording will start momentarily, please wait.", "This session is being recorded."]


async def test_the_wall_clock_jumps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put right by a hundred days, forwards or back: no rule of the end comes due by it."""
    recording = session(tmp_path, monkeypatch, ScriptedClient())
    real, jumps = time.time_ns, cycle((100 * 86_400 * 10**9, -100 * 86_400 * 10**9))
    monkeypatch.setattr("bot.control.anchor.time.time_ns", lambda: real() + next(jumps))
    stop_after(recording, 1.0)
    outcome = await finished(recording)
    assert outcome.report.end_reason is EndReason.STOPPED
    assert outcome.report.duration_s > 0.5


async def test_stopped_while_joining(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not answer: the bot is gone at once, and so is its folder."""
    client = ScriptedClient(answer=None)
    recording = session(tmp_path, monkeypatch, client)
    stop_after(recording, 0.1)
    failure = await broken(recording)
    assert failure.kept is None
    assert client.left.is_set()
    assert list(tmp_path.iterdir()) == []


async def test_output_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found out when the room is entered already: a sentence, and the room is left again."""

    def refuse(*_: object) -> None:
        raise OutputUnwritable("It is a read-only file system.")

    monkeypatch.setattr("bot.rig.Output", refuse)
    client = ScriptedClient()
    with pytest.raises(OutputError, match="read-only"):
        await finished(session(tmp_path, monkeypatch, client))
    assert client.left.is_set()
    assert list(tmp_path.iterdir()) == []


async def test_nobody_listens_to_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that was closed, a terminal that is gone: no reason to stop recording."""
    calls = []

    def gone(progress: Progress) -> None:
        calls.append(progress)
        raise BrokenPipeError

    monkeypatch.setattr("bot.take.PROGRESS_S", 0.1)
    recording = session(tmp_path, monkeypatch, ScriptedClient(), on_progress=gone)
    stop_after(recording)
    outcome = await finished(recording)
    assert outcome.report.end_reason is EndReason.STOPPED
    assert len(calls) == 1


async def test_a_defect_in_receiving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends the recording, and what was recorded is finished and named."""
    polled: list[int] = []

    def poll(_: Receiver, now_ns: int) -> None:
        polled.append(now_ns)
        if len(polled) > 50:
            raise KeyError("a defect")

    monkeypatch.setattr(Receiver, "poll", poll)
    failure = await broken(session(tmp_path, monkeypatch, ScriptedClient()))
    assert "defect" in str(failure)
    assert failure.kept is not None
    inspection = inspect_file(failure.kept)
    assert inspection.whole
    assert inspection.report is not None
    assert inspection.report["end_reason"] == "failed"


@pytest.mark.parametrize("defective", ["bot.ledger.track_reports", "bot.session.deliver"])
async def test_a_defect_at_the_end(defective: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even then it is said where the recording is, and no thread is left that would keep the process."""

    def defect(*_: object, **__: object) -> None:
        raise KeyError("a defect")

    monkeypatch.setattr(defective, defect)
    recording = session(tmp_path, monkeypatch, ScriptedClient())
    stop_after(recording)
    failure = await broken(recording)
    assert failure.kept is not None
    assert inspect_file(failure.kept).duration_s > 0
    assert mixer_threads() == []


async def test_a_defect_in_saying_that_it_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is finished all the same."""
    recording = session(tmp_path, monkeypatch, ScriptedClient())
    board = recording.desk.board
    real = board.post

    def defect(status: Status) -> None:
        if status.state is State.STOPPING:
            raise OSError(24, "Too many open files")
        real(status)

    monkeypatch.setattr(board, "post", defect)
    stop_after(recording)
    outcome = await finished(recording)
    assert inspect_file(outcome.path).whole
    assert mixer_threads() == []


async def test_broken_off_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs beside the recording has failed: nothing goes on writing what nobody records, and what was written
    plays."""
    client = ScriptedClient()
    recording = session(tmp_path, monkeypatch, client)
    running = asyncio.create_task(finished(recording))
    async with asyncio.timeout(PATIENCE_S):
        while not mixer_threads():  # noqa: ASYNC110 - nobody announces a thread
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert mixer_threads() == []
    assert client.left.is_set()
    (part,) = tmp_path.glob("*/part-0001.mp4")
    assert inspect_file(part).duration_s > 0


async def test_stopped_without_the_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is gone and does not come back: the report knows how long the end is without the room."""
    first, dead = ScriptedClient(leaving_s=0.3), ScriptedClient(answer=None)
    first.tell(ConnectionLost("gone"))
    recording = session(tmp_path, monkeypatch, first, dead)
    running = asyncio.create_task(finished(recording))
    async with asyncio.timeout(PATIENCE_S):
        await dead.joining.wait()
    recording.stop()
    report = (await running).report
    assert report.end_reason is EndReason.STOPPED
    assert report.rejoins == 0
    assert len(report.interruptions_s) == 1
    assert 0.4 < report.interruptions_s[0] < PATIENCE_S
    assert first.left.is_set()
    assert dead.left.is_set()


async def test_stopped_while_leaving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop while the lost connection is being closed: it is closed to the end."""
    client = ScriptedClient(leaving_s=0.5)
    client.tell(ConnectionLost("gone"))
    recording = session(tmp_path, monkeypatch, client)
    stop_after(recording, 0.2)
    assert (await finished(recording)).report.end_reason is EndReason.STOPPED
    assert client.left.is_set()


async def test_named_as_the_room_was_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A room that is renamed while it is recorded gives the file its new title."""
    client = ScriptedClient()
    client.tell(RoomChanged(Room("r", "Chemistry")))
    asyncio.get_running_loop().call_later(0.3, client.tell, RoomEnded(EndCause.CLOSED))
    outcome = await finished(session(tmp_path, monkeypatch, client))
    assert outcome.report.end_reason is EndReason.ROOM_CLOSED
    assert "Chemistry" in outcome.path.name
    assert outcome.report.title == "Chemistry"


async def test_could_not_join(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why is said, and nothing is left."""
    client = ScriptedClient(answer=Unreachable("Nobody is there."))
    with pytest.raises(Unreachable, match="Nobody"):
        await finished(session(tmp_path, monkeypatch, client))
    assert client.left.is_set()
    assert list(tmp_path.iterdir()) == []
