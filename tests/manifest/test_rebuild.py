"""A lost catalogue is made anew of the files."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.errors import OutputError
from bot.library.catalogue.database import Database
from bot.library.manifest import manifest_path
from bot.library.places import work_folder
from bot.lifecycle import State
from bot.service.library_lock import LibraryLock
from bot.service.recordings import CATALOGUE
from bot.service.recovery.rebuild import rebuild
from bot.service.schema import MIGRATIONS
from signaling.model import RoomKind
from tests.manifest.stocked import Stocked, content, opened, room_of

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def rebuilt(library: Path) -> tuple[Sequence[str], dict[str, list[dict[str, Any]]]]:
    """What was said, and what is in the new catalogue."""
    said = list(rebuild(library, NOW, room_timeout_s=7200.0))
    with Database(library / CATALOGUE, MIGRATIONS) as database:
        return said, content(database)


def ids(rows: dict[str, list[dict[str, Any]]]) -> list[str]:
    return [row["id"] for row in rows["recordings"]]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


async def _of_every_sort(stocked: Stocked) -> None:
    """Published, failed, in the trash, of a breakout."""
    stocked.add(0)
    stocked.fail(1)
    await stocked.disposal().throw(stocked.add(2).id, now_s=NOW.timestamp())
    stocked.parents["team"] = room_of()
    stocked.add(3, room=room_of("corner", RoomKind.BREAKOUT, parent="team"))
    stocked.begin(4)


async def test_the_new_catalogue_is_equal_to_the_lost_one(library: Path) -> None:
    """Recordings, rooms with where they are, and what each destination has shown; all but the rooms' webhooks."""
    with opened(library) as stocked:
        await _of_every_sort(stocked)
        before = stocked.everything()
    for row in before["rooms"]:
        row["entry"]["webhook_url"] = None
    for row in before["deliveries"]:
        row.update(wanted=0, accompanied=0)
    for path in library.glob(f"{CATALOGUE}*"):
        path.unlink()
    said, after = rebuilt(library)
    assert len(after["recordings"]) == 5
    for row in before["recordings"]:
        row["entry"]["link_series"] = int(NOW.timestamp())  # which links were taken back is in no file: all are
    assert after == before
    assert "2 recordings by the manifests in media." in said
    assert "2 recordings without one, by what is left in recordings." in said
    assert "1 recordings in trash." in said


def test_the_old_catalogue_is_kept(library: Path) -> None:
    """Also one that nobody can read, and whole: with what was in its journal only."""
    with opened(library) as stocked:
        stocked.add()
        shutil.copy(library / CATALOGUE, library / "copy")
        shutil.copy(library / f"{CATALOGUE}-wal", library / "copy-wal")
    (library / CATALOGUE).write_bytes((library / "copy").read_bytes())
    (library / f"{CATALOGUE}-wal").write_bytes((library / "copy-wal").read_bytes())
    _, after = rebuilt(library)
    (old,) = library.glob("catalogue-before-*.sqlite")
    with Database(old, MIGRATIONS) as database:
        known = content(database)["recordings"]
    for row in known:
        row["entry"]["link_series"] = int(NOW.timestamp())
    assert known == after["recordings"]
    (library / CATALOGUE).write_bytes(b"no catalogue at all" * 500)
    assert rebuilt(library)[1]["recordings"] == after["recordings"]
    assert len(list(library.glob("catalogue-before-*.sqlite"))) == 1  # the same moment: NOW


def test_nothing_is_opened_by_a_lost_catalogue(library: Path) -> None:
    """Links that had been taken back stay so. A broadcast that was held is held again, also without its manifest; what
    had been published stays so."""
    room = replace(room_of("show", RoomKind.BROADCAST), opened_at=None, timeout_s=1e9)
    with opened(library) as stocked:
        shared, held = stocked.add(0, room=room), stocked.begin(1, room=room)
        stocked.ledger.amend(shared.id, lambda one: replace(one, link_series=5))
        stocked.make(held, room)
    _, after = rebuilt(library)
    found = {row["id"]: row["entry"] for row in after["recordings"]}
    assert found[shared.id]["link_series"] > 5
    assert (found[shared.id]["held"], found[held.id]["held"]) == (False, True)


def test_files_are_found_where_somebody_put_them(library: Path) -> None:
    """Renamed and moved with their manifest, or renamed without it: then by what is in them."""
    with opened(library) as stocked:
        together, alone = stocked.add(0), stocked.add(1)
        file = stocked.file(together.id)
        elsewhere = library / "media" / "by hand"
        elsewhere.mkdir()
        file.rename(elsewhere / "Kick-off.mp4")
        manifest_path(file).rename(elsewhere / "Kick-off.json")
        other = stocked.file(alone.id)
        (other.parent / "Retro.mp4").write_bytes(other.read_bytes() + b"\0" * 8)  # of the same beginning
        other.rename(elsewhere / "Retro.mp4")
    _, after = rebuilt(library)
    paths = {row["id"]: row["entry"]["path"] for row in after["recordings"]}
    assert paths == {together.id: "media/by hand/Kick-off.mp4", alone.id: "media/by hand/Retro.mp4"}
    assert after["recordings"][0]["entry"]["file"] == "Kick-off.mp4"


def test_a_manifest_leads_nowhere_outside(library: Path) -> None:
    """Whatever path somebody wrote into it: the file is the one beside it."""
    with opened(library) as stocked:
        recording = stocked.add()
        manifest = manifest_path(stocked.file(recording.id))
    values = json.loads(manifest.read_text())
    values["recording"]["path"] = "/etc/passwd"
    manifest.write_text(json.dumps(values))
    assert rebuilt(library)[1]["recordings"][0]["entry"]["path"] == recording.path


def test_what_is_lost_is_said(library: Path) -> None:
    """A manifest without a file, a file and a folder that tell of nothing, a manifest that cannot be read."""
    with opened(library) as stocked:
        gone, broken = stocked.add(0), stocked.add(1)
        stocked.file(gone.id).unlink()
        manifest_path(stocked.file(broken.id)).write_text('{"format": "roomreel manifest"}')
        stray = library / "media" / "holiday.mp4"
        stray.write_bytes(b"a film")
        (library / "recordings" / "nothing").mkdir()
    said, after = rebuilt(library)
    assert any(gone.id in line and "no file" in line for line in said)
    assert any("manifest" in line and "version" in line for line in said)
    assert any(str(stray) in line for line in said)
    assert any("recordings/nothing" in line for line in said)
    assert ids(after) == [gone.id, broken.id]  # the latter by its folder


def test_of_two_that_were_cut_off_in_one_room_the_newer_goes_on(library: Path) -> None:
    """The older keeps its parts, and waits for the next start; neither is lost."""
    with opened(library) as stocked:
        older = stocked.begin(0, in_catalogue=False)
        newer = stocked.begin(1)
        for one in (older, newer):
            stocked.say(one, State.RECORDING)
    _, after = rebuilt(library)
    found = {row["id"]: (row["state"], row["entry"]["given_up"]) for row in after["recordings"]}
    assert found == {older.id: ("failed", True), newer.id: ("recording", False)}


def test_without_order_and_manifest_the_parts_are_kept(library: Path) -> None:
    """Nobody knows what they are of: that is said, and they may not go."""
    with opened(library) as stocked:
        begun = stocked.begin(0)
        folder = work_folder(library, begun.id)
        stocked.say(begun, State.RECORDING)
        (folder / "part-0001.mp4").write_bytes(b"something")
        (folder / "order.json").unlink()
        (folder / "manifest.json").unlink()
    _, after = rebuilt(library)
    entry = after["recordings"][0]["entry"]
    assert (entry["state"], entry["given_up"]) == ("failed", False)
    assert f"recordings/{begun.id}" in entry["problem"]


def test_where_a_room_is_comes_from_the_newest_order(library: Path) -> None:
    """With its token; where no order is left it has to be told of again."""
    with opened(library) as stocked:
        stocked.add(0)
        newest = stocked.add(1, room=replace(room_of(), url="roomreel+wss://elsewhere.example/rooms/team"))
        stocked.add(2, room=room_of("lost"))
        for folder in (library / "recordings").iterdir():
            if json.loads((folder / "manifest.json").read_text())["recording"]["room"] == "lost":
                (folder / "order.json").unlink()
    said, after = rebuilt(library)
    rooms = {row["id"]: row["entry"] for row in after["rooms"]}
    assert newest.room == "team"
    assert rooms["team"]["url"] == "roomreel+wss://elsewhere.example/rooms/team"
    assert rooms["team"]["token"] == "room-token"
    assert rooms["lost"]["url"] == ""
    assert any(line.startswith("Of 1 of these") for line in said)


def test_not_while_a_service_runs(library: Path) -> None:
    """Nor in a folder that is no library."""
    with opened(library):
        pass
    before = (library / CATALOGUE).read_bytes()
    lock = LibraryLock.take(library)
    try:
        with pytest.raises(OutputError, match="Another service has the library"):
            list(rebuild(library, NOW, room_timeout_s=1.0))
    finally:
        lock.release()
    assert (library / CATALOGUE).read_bytes() == before
    empty = library.with_name("empty")
    empty.mkdir()
    with pytest.raises(OutputError, match="is no library"):
        list(rebuild(empty, NOW, room_timeout_s=1.0))
    assert list(empty.iterdir()) == []
