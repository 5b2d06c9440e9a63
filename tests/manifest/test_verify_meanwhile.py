"""`roomreel library verify` beside a service, and on a catalogue that is damaged."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.folder import RecordingFolder
from bot.library.survey import Survey, survey, trashed
from bot.library.verification.reading import ReadOnly
from bot.library.verification.verification import Verification
from bot.lifecycle import State
from bot.service.library_lock import LibraryLock
from bot.service.recordings import CATALOGUE
from bot.service.schema import MIGRATIONS
from bot.service.standing import settled, told
from tests.manifest.stocked import Stocked, opened, room_of


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


def test_what_goes_on_while_it_is_verified_is_not_wrong(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service finishes, begins and removes recordings while others are being read."""
    with opened(library) as stocked:
        first, second = stocked.begin(0), stocked.begin(1, room=room_of("other"))
        gone = library / "recordings" / "gone"
        gone.mkdir()
        with ReadOnly(library / CATALOGUE, len(MIGRATIONS)) as database:
            verification = Verification(library, database, deep=False, is_served=True, say=lambda _: None)

            def surveyed(place: Path, **known: Any) -> Survey:
                """All that has not been read of the catalogue happens now."""
                _finish(stocked, first)
                stocked.publish(first.id)
                film = Path(str(stocked.make(second, room_of("other")).path))
                RecordingFolder(library / "recordings", second.id).remember(film)
                _finish(stocked, stocked.begin(2, room=room_of("third")), room_of("third"))
                return survey(place, **known)

            def trashed_now(place: Path) -> list[str]:
                stocked.begin(3, room=room_of("fourth"))
                gone.rmdir()
                return trashed(place)

            monkeypatch.setattr("bot.library.verification.verification.survey", surveyed)
            monkeypatch.setattr("bot.library.verification.verification.trashed", trashed_now)
            assert verification.run().wrong == []


def _finish(stocked: Stocked, begun: Recording, room: RoomEntry | None = None) -> None:
    status = stocked.make(begun, room)
    made = settled(told(begun, status, now_s=begun.asked_at + 60), stocked.library, status.path)
    assert not stocked.ledger.changed(begun, made)


def test_a_damaged_catalogue_is_said(library: Path) -> None:
    """Its indexes can be read, its entries cannot: one sentence, and the exit code of what could not be looked at."""
    with opened(library) as stocked:
        long = replace(stocked.begin(), state=State.FAILED, title="t" * 300)
        with stocked.database.transaction() as cursor:
            for number in range(400):
                stocked.ledger.rows.add(cursor, replace(long, id=f"i{number:04}"))
    catalogue = library / CATALOGUE
    content = bytearray(catalogue.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 40_960] = b"\xaa" * 40_960
    catalogue.write_bytes(content)
    ReadOnly(catalogue, len(MIGRATIONS)).close()
    done = CliRunner().invoke(main, ["library", "verify", "--library", str(library)])
    assert done.exit_code == 2, done.output
    assert "`roomreel library rebuild`" in done.stderr


def test_a_lock_on_another_disk_is_another_one(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There a file may have the same inode number, and this process holds it."""
    library.mkdir()
    (library / ".lock").touch()
    inode = (library / ".lock").stat().st_ino
    line = f"1: FLOCK  ADVISORY  WRITE {os.getpid()} 00:99:{inode} 0 EOF\n"
    real = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda path: line if str(path) == "/proc/locks" else real(path))
    assert not LibraryLock.is_taken(library)
    lock = LibraryLock.take(library)
    assert LibraryLock.is_taken(library)
    lock.release()
