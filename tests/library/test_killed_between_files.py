"""Finishing that was killed when some of it was done already, and files that are not what was recorded."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from bot.library.finalise import Finalised
from bot.library.folder import RecordingFolder
from bot.library.shelf import Shelf
from mixer.mp4.index import Index
from tests.library.test_joined_parts import LABEL, NAME, OTHER_NAME, SECOND, finished, recorded, shown
from tests.output.known_media import SMALL, ticks_in, write

OTHER = replace(SMALL, audio_bitrate_kbps=96)


class Killed(BaseException):
    """As SIGKILL: nobody catches it."""


def killed_after(library: Path, monkeypatch: pytest.MonkeyPatch, moves: int) -> None:
    """Finishing ends when so many files have their place."""
    put, left = Shelf.put, iter(range(moves))

    def perhaps(*arguments: object) -> Path:
        if next(left, None) is None:
            raise Killed
        return put(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Shelf, "put", perhaps)
        with pytest.raises(Killed):
            finished(recorded(library), library, label=LABEL)  # whose parts are there already


@pytest.mark.parametrize("moves", [0, 1])
def test_the_first_of_two_files_stays_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    """A later part is encoded in another way. Killed before either file has its place, or between the two: what comes
    of it is the same, and says that there is another file."""
    folder = recorded(tmp_path, 40)
    write(folder.part(2), 30, OTHER)
    killed_after(tmp_path, monkeypatch, moves)
    result = finished(folder, tmp_path, label=LABEL)
    assert result.path.name == NAME
    assert [path.name for path in result.others] == [OTHER_NAME]
    assert result.duration_ns == 40 * SECOND // 30
    assert result.problem == ""
    assert "is a file of its own" in result.notice
    assert [one.title for one in result.chapters] == ["Beginning", "Recording resumed"]
    assert (shown(result), ticks_in(result.others[0])) == (list(range(40)), list(range(30)))
    again = finished(folder, tmp_path, label=LABEL)
    assert (again.path, again.others) == (result.path, result.others)


def test_a_later_part_without_a_picture_is_not_talked_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no file of its own, also when finishing was killed in between."""
    folder = recorded(tmp_path, 40, 0)

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(RecordingFolder, "discard", die)
        with pytest.raises(Killed):
            finished(folder, tmp_path, label=LABEL)
    result = finished(folder, tmp_path, label=LABEL)
    assert (result.path.name, result.notice, result.others, shown(result)) == (NAME, "", (), list(range(40)))


def without_links(patch: pytest.MonkeyPatch) -> None:
    """As FAT answers: a name that is taken comes first."""

    def link(_part: Path, path: Path) -> None:
        raise OSError(errno.EEXIST if path.exists() else errno.EPERM, "no")

    def checked(part: Path, path: Path) -> None:
        try:
            link(part, path)
        except OSError as error:
            raise FileExistsError(*error.args) if error.errno == errno.EEXIST else error from None

    patch.setattr(os, "link", checked)


def test_a_name_taken_for_a_file_that_never_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without hard links, killed between taking the name and filling it: the name is filled, none is left empty. An
    empty file of somebody else is left alone."""
    folder = recorded(tmp_path, 40)
    place = tmp_path / "media" / "room" / "Recordings"
    place.mkdir(parents=True)
    (place / NAME).touch()
    without_links(monkeypatch)

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("mixer.mp4.front.MOST_BYTES", 0)  # which replaces files, too
        patch.setattr(Path, "replace", die)
        with pytest.raises(Killed):
            finished(folder, tmp_path)
    assert (place / OTHER_NAME).stat().st_size == 0
    result = finished(folder, tmp_path)
    assert (result.path.name, shown(result)) == (OTHER_NAME, list(range(40)))
    assert sorted(path.name for path in place.iterdir()) == sorted((NAME, OTHER_NAME))
    assert (place / NAME).stat().st_size == 0


def cut(library: Path) -> tuple[Index, Finalised]:
    """Five seconds were written, of which the disk has lost most."""
    folder = recorded(library)
    output = write(folder.part(1), 150)
    part = folder.part(1)
    os.truncate(part, part.stat().st_size * 2 // 5)
    return output.index, finished(folder, library, index=output.index, expected_ns=output.written_ns)


def test_what_the_disk_has_lost_is_a_problem(tmp_path: Path) -> None:
    """The file's own tables agree with themselves; those who wrote it know how long it was."""
    _, result = cut(tmp_path)
    assert 0 < result.duration_ns < 4 * SECOND
    short_s = 5 - result.duration_ns / SECOND
    assert f"It is {short_s:.1f} s shorter than what was recorded." in result.problem


def test_what_was_recorded_is_there(tmp_path: Path) -> None:
    """Of one part and of several, to the last tick."""
    folder = recorded(tmp_path, 40, 30, 50)
    result = finished(folder, tmp_path, expected_ns=120 * SECOND // 30)
    assert (result.problem, len(shown(result))) == ("", 120)
