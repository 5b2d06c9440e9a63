"""From a part to the file that people see, whatever gets in the way."""

import datetime
import errno
import os
import threading
from pathlib import Path

import pytest

from bot.errors import OutputError
from bot.library.finalise import Finalised, finalise
from bot.library.folder import RecordingFolder
from mixer.errors import OutputFull
from tests.output.known_media import SMALL, ticks_in, write

WHEN = datetime.datetime(2026, 11, 21, 14, 5, 33, tzinfo=datetime.UTC)
NAME = "Rec - 2026-11-21 14-05-33 - Weekly.mp4"


def recorded(output: Path, recording_id: str = "r1", ticks: int = 40) -> tuple[RecordingFolder, Path]:
    folder = RecordingFolder.create(output, recording_id, least_free_bytes=0)
    write(folder.part(1), ticks, SMALL)
    return folder, folder.part(1)


def finished(folder: RecordingFolder) -> Finalised:
    return finalise(folder, started=WHEN, title="Weekly", room_id="room")


def test_finished_file_has_its_name_and_nothing_is_left(tmp_path: Path) -> None:
    """One ordinary file in the output folder, the recording's folder gone."""
    folder, _ = recorded(tmp_path)
    result = finished(folder)
    assert result == Finalised(tmp_path / NAME, 40 * 1_000_000_000 // 30)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert ticks_in(result.path) == list(range(40))


def test_space_that_cannot_be_given_back(tmp_path: Path) -> None:
    """What was put aside for finishing is in the way, and no reason to leave the recording unfinished."""
    folder, _ = recorded(tmp_path)
    reserve = folder.path / ".reserve"
    reserve.unlink()
    reserve.mkdir()
    result = finished(folder)
    assert (result.path.name, result.problem) == (NAME, "")


def test_names_that_are_taken_are_left_alone(tmp_path: Path) -> None:
    """The second and third get (2) and (3)."""
    (tmp_path / NAME).write_bytes(b"older")
    for number in (2, 3):
        folder, _ = recorded(tmp_path, f"r{number}", 10)
        assert finished(folder).path.name == NAME.replace(".mp4", f" ({number}).mp4")
    assert (tmp_path / NAME).read_bytes() == b"older"


@pytest.mark.parametrize("links", [True, False])
def test_recordings_that_end_at_once_do_not_overwrite_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """Eight with one name at the same time are eight files, with hard links and without."""
    if not links:

        def refuse(*_: object, **__: object) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr("bot.library.shelf.os.link", refuse)
    parts = [recorded(tmp_path, f"r{number}", 6) for number in range(8)]
    threads = [threading.Thread(target=finished, args=(folder,)) for folder, _ in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert len(files) == len(list(tmp_path.iterdir())) == 8
    assert all(ticks_in(path) == list(range(6)) for path in files)


def test_killed_between_the_two_names(tmp_path: Path) -> None:
    """A part that has its finished name already, but its old one too, does not become two files."""
    folder, part = recorded(tmp_path)
    os.link(part, tmp_path / NAME)
    assert finished(folder).path == tmp_path / NAME
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_no_room_for_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recording gets its name and plays, and the problem is told."""
    folder, _ = recorded(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OutputFull("There is no room left.")

    monkeypatch.setattr("bot.library.finalise.finish", full)
    result = finished(folder)
    assert result.path == tmp_path / NAME
    assert "no room left" in result.problem
    assert result.duration_ns > 1_000_000_000
    assert ticks_in(result.path) == list(range(40))


def test_folder_that_takes_no_new_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The part stays where it is, finished, and is named in the problem."""
    folder, part = recorded(tmp_path)

    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("bot.library.shelf.os.link", broken)
    result = finished(folder)
    assert result.path == part
    assert "Input/output error" in result.problem
    assert ticks_in(part) == list(range(40))


def test_part_that_somebody_took_away(tmp_path: Path) -> None:
    """Nothing is there to be kept: a sentence that names it."""
    folder, part = recorded(tmp_path)
    part.unlink()
    result = finished(folder)
    assert (result.path, result.duration_ns) == (part, 0)
    assert str(part) in result.problem


def test_part_without_a_picture_stays(tmp_path: Path) -> None:
    """A bot killed in its first moments leaves a part that is kept, and a sentence."""
    folder = RecordingFolder.create(tmp_path, "r1", least_free_bytes=0)
    write(folder.part(1), 0, SMALL)
    result = finished(folder)
    assert (result.path, result.duration_ns) == (folder.part(1), 0)
    assert "shows nothing" in result.problem
    assert folder.part(1).exists()


def test_discard_takes_only_what_holds_nothing(tmp_path: Path) -> None:
    """A join that failed leaves no folder; a part with a picture in it is never taken away."""
    empty = RecordingFolder.create(tmp_path, "empty", least_free_bytes=0)
    write(empty.part(1), 0, SMALL)
    empty.discard()
    assert not empty.path.exists()
    folder, part = recorded(tmp_path, "full")
    folder.discard()
    folder.discard()
    assert ticks_in(part) == list(range(40))


def test_part_that_cannot_be_read_is_never_discarded(tmp_path: Path) -> None:
    """What is damaged may still be somebody's recording."""
    folder = RecordingFolder.create(tmp_path, "r1", least_free_bytes=0)
    folder.part(1).write_bytes(b"damaged")
    folder.discard()
    assert folder.part(1).read_bytes() == b"damaged"


def test_parts_are_listed_in_order(tmp_path: Path) -> None:
    """Ten comes after nine, and other files are no parts."""
    folder = RecordingFolder.create(tmp_path, "r1", least_free_bytes=0)
    for number in (10, 9, 1):
        folder.part(number).touch()
    (folder.path / "manifest.json").touch()
    assert folder.parts() == [folder.part(1), folder.part(9), folder.part(10)]


@pytest.mark.parametrize("recording_id", ["", "..", "a/b", ".hidden", "x" * 101, "ü"])
def test_ids_that_are_no_folder_names(tmp_path: Path, recording_id: str) -> None:
    """An id cannot lead out of the output folder."""
    with pytest.raises(OutputError, match="no recording id"):
        RecordingFolder.create(tmp_path, recording_id)
    assert list(tmp_path.iterdir()) == []


def test_output_that_is_a_file(tmp_path: Path) -> None:
    """A sentence that names the folder and what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="--output"):
        RecordingFolder.create(tmp_path / "file", "r1")


def test_disk_without_space(tmp_path: Path) -> None:
    """Too little free space is refused before the room is joined, and leaves nothing."""
    with pytest.raises(OutputError, match="MiB are free"):
        RecordingFolder.create(tmp_path, "r1", least_free_bytes=1 << 60)
    assert list(tmp_path.iterdir()) == []
