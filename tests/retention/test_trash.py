"""Into the trash, out of it, and out of the world; and what a process that dies on the way leaves behind."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import NotNow, OutputError, UnknownRecording
from bot.library.catalogue.database import Database
from bot.library.manifest import manifest_path, read_manifest
from bot.library.places import work_folder
from bot.library.retention.disposal import Disposal
from bot.library.retention.trash import Trash
from bot.lifecycle import State
from bot.service.recordings import CATALOGUE
from bot.service.schema import MIGRATIONS
from tests.manifest.stocked import (
    COMPANIONS,
    Stocked,
    content,
    disposal_of,
    film_of,
    folder_of,
    ledger_of,
    opened,
    room_of,
)

NOW_S = 1_795_300_000.0
DIED = 9
HALF = re.compile(r"/\.[^/]+\.json\.\w{8}$")  # what was just being written; a sweep takes it away
SERIES = re.compile(rb'"link_series": \d+')


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


def files(library: Path) -> dict[str, bytes]:
    """Without the catalogue's own."""
    return {path: data for path, data in folder_of(library).items() if not path.startswith("catalogue")}


async def test_there_and_back(library: Path) -> None:
    """In the trash nothing of it is left elsewhere; brought back everything is as it was, and verified so."""
    with opened(library) as stocked:
        recording = stocked.add()
        before, catalogue = files(library), stocked.everything()
        thrown = await stocked.disposal().throw(recording.id, now_s=NOW_S)
        assert thrown.trashed_at == NOW_S
        assert {path.split("/")[0] for path in files(library)} == {"trash"}
        assert (library / "trash" / recording.id).stat().st_mode & 0o777 == 0o700
        assert await stocked.disposal().throw(recording.id, now_s=NOW_S + 1) == thrown
        back = await stocked.disposal().restore(recording.id)
        assert back == replace(recording, link_series=1)  # links from before stay dead
        stocked.ledger.amend(recording.id, lambda _: recording)
        stocked.note(recording.id)
        assert files(library) == before
        assert stocked.everything() == catalogue


async def test_a_name_that_is_taken_meanwhile(library: Path) -> None:
    """Both are kept, the one that comes back as ` (2)`, then (3); its manifest says so."""
    with opened(library) as stocked:
        recording = stocked.add()
        home = stocked.file(recording.id)
        for number in (2, 3):
            await stocked.disposal().throw(recording.id, now_s=NOW_S)
            stocked.file(recording.id).write_bytes(b"another")
            back = await stocked.disposal().restore(recording.id)
            assert back.file == f"{home.stem} ({number}).mp4"
            file = stocked.file(recording.id)
            assert file.read_bytes() == film_of(recording.id)
            manifest = read_manifest(manifest_path(file))
            assert manifest.recording == back
            assert manifest.file is not None
            assert manifest.file.name == back.file
        assert home.read_bytes() == b"another"


async def test_removed_is_gone(library: Path) -> None:
    """With all that hangs on it, in the catalogue as on the disk; others are untouched."""
    with opened(library) as stocked:
        recording, other = stocked.add(0), stocked.add(1)
        disposal = stocked.disposal()
        with pytest.raises(NotNow, match="not in the trash"):
            await disposal.remove(recording.id)
        await disposal.throw(recording.id, now_s=NOW_S)
        await disposal.remove(recording.id)
        assert [path for path in files(library) if recording.id in path] == []
        assert [row["id"] for row in stocked.everything()["recordings"]] == [other.id]
        assert {row["recording"] for row in stocked.everything()["deliveries"]} == {other.id}
        with pytest.raises(UnknownRecording):
            await disposal.restore(recording.id)


async def test_what_is_not_everywhere_cannot_be_thrown_away(library: Path) -> None:
    """Whoever asks: it is refused in a sentence, and nothing happens."""
    with opened(library) as stocked:
        running, way = stocked.begin(0), stocked.begin(1, room=replace(room_of(), id="other"))
        status = stocked.make(way)
        made = replace(way, state=State.UPLOADING, path=str(Path(status.path or "").relative_to(library)))
        stocked.ledger.changed(way, made)
        before = files(library)
        for one in (running, way):
            with pytest.raises(NotNow):
                await stocked.disposal().throw(one.id, now_s=NOW_S)
        assert files(library) == before
        with pytest.raises(NotNow, match="not in the trash"):
            await stocked.disposal().restore(way.id)


async def test_later_parts_beside_the_file_go_along_and_come_back(library: Path) -> None:
    """What could not be joined is no other recording's."""
    with opened(library) as stocked:
        recording = stocked.add()
        file = stocked.file(recording.id)
        other = file.with_name("Rec - later part.mp4")
        other.write_bytes(b"a later part")
        stocked.say(recording, State.AVAILABLE, path=str(file), others=(str(other),))
        before = files(library)
        await stocked.disposal().throw(recording.id, now_s=NOW_S)
        assert {path.split("/")[0] for path in files(library)} == {"trash"}
        await stocked.disposal().restore(recording.id)
        stocked.ledger.amend(recording.id, lambda one: replace(one, link_series=0))
        stocked.note(recording.id)
        assert files(library) == before


async def test_nothing_outside_the_media_is_ever_moved(library: Path) -> None:
    """Whatever a catalogue or a status says of where files are."""
    with opened(library) as stocked:
        recording = stocked.add()
        outside = library.with_name("precious.mp4")
        outside.write_bytes(b"precious")
        stocked.say(
            recording, State.AVAILABLE, path="/x", others=(str(outside), str(library / "media/../../precious.mp4"))
        )
        stocked.ledger.amend(recording.id, lambda one: replace(one, path="../precious.mp4"))
        await stocked.disposal().throw(recording.id, now_s=NOW_S)
        await stocked.disposal().remove(recording.id)
    assert outside.read_bytes() == b"precious"


async def test_a_disk_that_refuses_is_said(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence; the next start completes what was begun."""
    with opened(library) as stocked:
        recording = stocked.add()
        with monkeypatch.context() as patched:
            patched.setattr(Path, "rename", _refuses)
            with pytest.raises(OutputError, match=r"The trash cannot be used: Read-only file system.*next start"):
                await stocked.disposal().throw(recording.id, now_s=NOW_S)
        await stocked.disposal().mend()
        assert {path.split("/")[0] for path in files(library)} == {"trash"}


def _refuses(*_: object) -> None:
    raise OSError(30, os.strerror(30))


async def test_a_completed_move_is_not_done_again(library: Path) -> None:
    """A new file under the old name is another recording's: the next start leaves it alone."""
    with opened(library) as stocked:
        recording = stocked.add()
        home = stocked.file(recording.id)
        await stocked.disposal().throw(recording.id, now_s=NOW_S)
        home.write_bytes(b"another recording")
        await stocked.disposal().mend()
        assert home.read_bytes() == b"another recording"


# Death at each step

_STEPS = ("rename", "replace", "link", "unlink", "fsync", "mkdir", "rmdir", "open")

Deed = Callable[[Disposal, str], Awaitable[object]]


def _dies_at(library: Path, recording_id: str, deed: Deed, step: int) -> bool:
    """In a process of its own, which ends before its `step`th change of the disk. Whether it did."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED
    code = 1
    try:
        _count_down(step)
        with Database(library / CATALOGUE, MIGRATIONS) as database:
            _finish(deed(disposal_of(library, ledger_of(database)), recording_id))
        code = 0
    finally:
        os._exit(code)
    return False


def _finish(work: Awaitable[object]) -> None:
    """On an event loop of this process's own: that of the test belongs to the other one."""
    asyncio.events._set_running_loop(None)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(_awaited(work))


async def _awaited(work: Awaitable[object]) -> None:
    await work


def _count_down(step: int) -> None:
    left = step

    def counted(name: str) -> None:
        original = getattr(os, name)

        def stand_in(*values: Any, **more: Any) -> Any:
            nonlocal left
            if name != "open" or values[1] & os.O_CREAT:
                left -= 1
                if left == 0:
                    os._exit(DIED)
            return original(*values, **more)

        setattr(os, name, stand_in)

    for name in _STEPS:
        counted(name)


async def _throw(disposal: Disposal, recording_id: str) -> None:
    await disposal.throw(recording_id, now_s=NOW_S)


async def _restore(disposal: Disposal, recording_id: str) -> None:
    await disposal.restore(recording_id)


async def _remove(disposal: Disposal, recording_id: str) -> None:
    await disposal.remove(recording_id)


async def _mended(library: Path) -> Stocked:
    """As the next start finds it."""
    database = Database(library / CATALOGUE, MIGRATIONS)
    stocked = Stocked(library, database, ledger_of(database))
    await stocked.disposal().mend()
    return stocked


def _is_whole(stocked: Stocked, recording_id: str, outside: dict[str, bytes]) -> bool:
    """Wholly in the trash, or wholly out of it (True), with every byte; in step with the catalogue."""
    recording = stocked.ledger.get(recording_id)
    found = files(stocked.library)
    if recording.trashed_at is None:
        # Links from before stay dead, each time it goes.
        whole = {path: SERIES.sub(b"", data) for path, data in found.items() if not HALF.search(path)}
        assert whole == {path: SERIES.sub(b"", data) for path, data in outside.items()}
        return True
    folder = stocked.library / "trash" / recording_id
    assert Trash(stocked.library).is_complete(recording_id)
    assert {path.split("/")[0] for path in found} == {"trash"}
    assert (folder / "file" / str(recording.file)).read_bytes() == film_of(recording_id)
    assert {name: (folder / "work" / name).read_bytes() for name in COMPANIONS} == COMPANIONS
    return False


@pytest.mark.long
async def test_death_on_the_way_into_the_trash_and_out_of_it(library: Path) -> None:
    """At each step in turn: after the next start it is wholly here or wholly there, and can go either way."""
    with opened(library) as stocked:
        recording = stocked.add()
        outside, catalogue = files(library), stocked.everything()
    ends: list[set[bool]] = []
    for deed, back in ((_throw, _restore), (_restore, _throw)):
        step, seen = 1, set()
        while _dies_at(library, recording.id, deed, step):
            stocked = await _mended(library)
            is_outside = _is_whole(stocked, recording.id, outside)
            seen.add(is_outside)
            if is_outside is (deed is _throw):
                stocked.database.close()
            else:  # it was done all the same
                await back(stocked.disposal(), recording.id)
                stocked.database.close()
            step += 1
        ends.append(seen)
        assert step > 8, "it hardly has steps"
    with opened(library) as stocked:
        assert _is_whole(stocked, recording.id, outside)
        stocked.ledger.amend(recording.id, lambda one: replace(one, link_series=0))
        assert stocked.everything() == catalogue
    assert ends == [{True, False}, {True, False}]  # some deaths came before the catalogue said so, some after


@pytest.mark.long
async def test_death_while_it_is_removed(library: Path) -> None:
    """At each step in turn: it is in the trash still, or gone without a trace; what the next sweep removes is gone."""
    step, died = 1, True
    while died:
        with opened(library) as stocked:
            recording = stocked.add(step)
            await stocked.disposal().throw(recording.id, now_s=NOW_S)
        died = _dies_at(library, recording.id, _remove, step)
        stocked = await _mended(library)
        if recording.id in {row["id"] for row in content(stocked.database)["recordings"]}:
            assert died
            await stocked.disposal().remove(recording.id)
        assert [path for path in files(library) if recording.id in path] == []
        assert content(stocked.database)["recordings"] == []
        stocked.database.close()
        step += 1
    assert step > 8
    assert work_folder(library, recording.id).exists() is False
