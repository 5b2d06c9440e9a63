"""One recording by the service, with a real bot in a real room."""

import asyncio
import os
import signal
import stat
import time
from itertools import pairwise
from pathlib import Path

import av
import pytest

from bot.control.status import Status
from bot.errors import AlreadyRecording, Draining, KeyReused, NoRoomLeft, NotNow, OutputError, UnknownRecording
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.places import work_folder
from bot.lifecycle import EndReason, State
from bot.service import upkeep
from bot.service.breakouts import start_all, stop_all
from bot.service.recordings import Recordings
from signaling.errors import AddressError
from signaling.model import RoomKind
from signaling.rehearsal.room import RehearsalRoom
from tests.service_core.running import configured, entry, over, small_plan, until, until_recorded

FIRST_FRAME_S = 1.5
AGAIN_S = 5.0
SILENT_NS = 8_000_000_000  # in place of a minute; a bot on a busy machine speaks up more often


def failing(_before: Recording | None, _after: Recording) -> None:
    raise ZeroDivisionError


def duration_s(path: Path | None) -> float:
    assert path is not None
    with av.open(str(path)) as file:
        assert file.duration is not None
        for stream in file.streams.video:
            assert sum(1 for _ in file.decode(stream)) > 0
        return file.duration / av.time_base


@pytest.mark.long
async def test_from_start_to_file(tmp_path: Path) -> None:
    """A recording goes through its states, one after the other, is controlled, and its file lies in the room's folder
    under a safe name. Asked twice, it is the same recording; over, it is told what it is."""
    told: list[tuple[State | None, State]] = []
    live: list[Recording] = []
    async with RehearsalRoom(small_plan()) as room, Recordings(configured(tmp_path / "library")) as service:
        service.listeners += [
            failing,
            lambda before, after: told.append((before.state if before else None, after.state)),
        ]
        service.on_live.append(live.append)
        team = entry(room.url, "../team")
        mark = {"key": "k", "body_hash": "h"}
        first, second = await asyncio.gather(
            service.start(team, by="ann", **mark), service.start(team, by="ann"), return_exceptions=True
        )
        assert isinstance(first, Recording)
        assert isinstance(second, AlreadyRecording)
        assert second.recording == first.id
        assert (await service.start(team, by="ann", **mark)).id == first.id
        with pytest.raises(KeyReused):
            await service.start(team, by="ann", key="k", body_hash="other")
        await until_recorded(service, first.id, 1.0)
        assert (await service.picture(first.id, 320)).startswith(b"\xff\xd8")
        assert service.part_path(first.id, 1) is not None
        assert (await service.set_layout(first.id, "speaker")).layout == "speaker"
        assert (await service.pause(first.id)).state is State.PAUSED
        assert (await service.resume(first.id)).state is State.RECORDING
        await until(lambda: service.get(first.id).chapters != () or service.get(first.id).is_over)
        await service.host("../team", False)
        await until(lambda: service.get(first.id).host_absent_until is not None)
        assert service.active("../team") is not None
        assert (await service.stop(first.id)).state is State.STOPPING
        done = await over(service, first.id)
        await service.idle.wait()
        with pytest.raises(NotNow, match="over"):
            await service.stop(first.id)
        with pytest.raises(UnknownRecording):
            await service.pause("../../etc")
        assert service.active("../team") is None
        path, poster = service.file_path(first.id), service.poster_path(first.id)
    assert told[0] == (None, State.STARTING)
    changes = [(before, after) for before, after in told if before is not after]
    assert [after for _, after in changes] == [
        State.STARTING, State.RECORDING, State.PAUSED, State.RECORDING, State.STOPPING, State.FINALISING,
        State.UPLOADING, State.AVAILABLE,
    ]  # fmt: skip
    assert all(earlier[1] is later[0] for earlier, later in pairwise(changes))
    assert max(one.live.participants for one in live if one.live is not None) == 1
    assert (done.end_reason, done.interruptions, done.parts, done.problem) == (EndReason.STOPPED, 0, 1, "")
    assert path is not None
    assert path.parent == tmp_path / "library" / "media" / "%2E.%2Fteam" / "Recordings"
    assert path.name.endswith(" - Weekly.mp4")
    assert done.size_bytes == path.stat().st_size
    assert abs(duration_s(path) - (done.duration_s or 0)) < 0.2
    assert done.poster
    assert poster is not None
    assert stat.S_IMODE((tmp_path / "library").stat().st_mode) == 0o700


@pytest.mark.long
async def test_soon_in_the_file(tmp_path: Path) -> None:
    """Stated promise: 1.5 s from the start to the first frame in the file on an idle machine; the best of several."""
    figures: list[float] = []
    async with RehearsalRoom(small_plan()) as room, Recordings(configured(tmp_path / "library")) as service:
        while len(figures) < 6 and min(figures, default=9.0) > FIRST_FRAME_S:
            await asyncio.wait_for(service.spare_ready.wait(), 90)
            made = await service.start(entry(room.url), by="ann")
            await until_recorded(service, made.id)
            first_frame_s = service.get(made.id).first_frame_s
            assert first_frame_s is not None
            figures.append(first_frame_s)
            await service.stop(made.id)
            await over(service, made.id)
    assert min(figures) <= FIRST_FRAME_S, figures


@pytest.mark.long
async def test_a_bot_that_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """kill -9 of the bot: within 5 s the same recording goes on (best of three, the machine is not ours alone). A bot
    that hangs is killed and followed by another. At the end there is one whole file, as long as it took, with each gap
    in it."""
    monkeypatch.setattr(upkeep, "SILENT_NS", SILENT_NS)
    async with RehearsalRoom(small_plan()) as room, Recordings(configured(tmp_path / "library")) as service:
        made = await service.start(entry(room.url), by="ann")
        await until_recorded(service, made.id, 1.0)
        since = service.get(made.id).recording_since
        gaps_s: list[float] = []
        while len(gaps_s) < 3 and min(gaps_s, default=9.0) > AGAIN_S:
            gaps_s.append(await interrupted(service, made.id, signal.SIGKILL))
        await interrupted(service, made.id, signal.SIGSTOP)
        await until_recorded(service, made.id)
        await asyncio.sleep(1)
        await service.stop(made.id)
        ended_at = time.time()
        done = await over(service, made.id)
        path = service.file_path(made.id)
    assert min(gaps_s) <= AGAIN_S, gaps_s
    parts = len(gaps_s) + 2
    assert (done.state, done.interruptions, done.parts) == (State.AVAILABLE, parts - 1, parts), done
    assert (done.recording_since, done.problem) == (since, "")
    assert since is not None
    # The mix runs a second behind the room, and so does the file's end.
    assert abs(duration_s(path) - (ended_at - since)) < 2.5
    assert sum("nterrupted" in text for _, text in done.chapters) == parts - 1, done.chapters


async def interrupted(service: Recordings, recording_id: str, number: signal.Signals) -> float:
    """How long it takes until the next part has something in it, after that signal to the bot."""
    await asyncio.wait_for(service.spare_ready.wait(), 90)
    status = Status.read(work_folder(service.library, recording_id))
    assert status is not None
    os.kill(status.pid, number)
    taken_s = await until(lambda: grown(service, recording_id, status.part + 1))
    assert service.get(recording_id).state is State.RECORDING
    return taken_s


def grown(service: Recordings, recording_id: str, part: int) -> bool:
    """Something is in that part."""
    recording = service.get(recording_id)
    assert not recording.is_over, recording.problem
    path = service.part_path(recording_id, part)
    return path is not None and path.stat().st_size > 2000


@pytest.mark.long
async def test_what_cannot_be_started(tmp_path: Path) -> None:
    """A room that is not there fails with a sentence and leaves the room free; a wrong URL, a full service and one that
    drains refuse at once; a second service on the same library does not start; and a stop before the room was joined is
    obeyed."""
    library = tmp_path / "library"
    async with RehearsalRoom(small_plan()) as room, Recordings(configured(library, max_recordings=1)) as service:
        with pytest.raises(OutputError, match="Another service"):
            async with Recordings(configured(library)):
                pass
        with pytest.raises(AddressError):
            await service.start(entry("http://example.org/?pin=1234"), by="ann")
        assert service.list() == []
        nowhere = await service.start(entry("roomreel+ws://127.0.0.1:9/rooms/x", "nowhere"), by="ann")
        with pytest.raises(NoRoomLeft, match="max_recordings"):
            await service.start(entry(room.url), by="ann")
        assert service.capacity()[0] is False
        failed = await over(service, nowhere.id)
        assert (failed.state, failed.end_reason, failed.file) == (State.FAILED, EndReason.FAILED, None), failed
        assert failed.problem
        await service.idle.wait()
        made = await service.start(entry(room.url), by="ann")
        await service.stop(made.id)
        stopped = await over(service, made.id)
        assert stopped.end_reason is EndReason.STOPPED, stopped
        assert stopped.state is State.AVAILABLE or "before anything was recorded" in stopped.problem, stopped
        service.drain()
        with pytest.raises(Draining):
            await service.start(entry(room.url), by="ann")
        assert service.capacity() == (False, "The service is about to end.")
        await service.idle.wait()


@pytest.mark.long
async def test_all_breakouts_of_a_room(tmp_path: Path) -> None:
    """One request starts those that can be, says of each other why not, and one stops them; their files lie together
    with the parent room's."""
    async with (
        RehearsalRoom(small_plan()) as one,
        RehearsalRoom(small_plan()) as two,
        Recordings(configured(tmp_path / "library")) as service,
    ):
        service.put(RoomEntry("main", one.url, owners=("olga",)))
        for name, url in (("b1", one.url), ("b2", two.url), ("b3", "nonsense")):
            service.put(entry(url, name, RoomKind.BREAKOUT, "main"))
        begun = await start_all(service, "main", "ann")
        made = [recording.id for _, recording in begun if isinstance(recording, Recording)]
        assert [room.id for room, _ in begun] == ["b1", "b2", "b3"]
        assert len(made) == 2
        assert "URL" in str(begun[2][1])
        assert {one.id for one in service.list(parent="main")} == set(made)
        for recording_id in made:
            await until_recorded(service, recording_id, 0.5)
        again = await start_all(service, "main", "ann")
        assert [one.id for _, one in again[:2] if isinstance(one, Recording)] == made
        assert [room.id for room, _ in await stop_all(service, "main")] == ["b1", "b2"]
        for recording_id in made:
            done = await over(service, recording_id)
            assert (done.state, done.parent, done.owner) == (State.AVAILABLE, "main", "olga")
        await service.idle.wait()
    assert len(list((tmp_path / "library/media/main/Breakout room recordings").glob("*.mp4"))) == 2
