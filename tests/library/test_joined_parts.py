"""What several bots wrote of one recording becomes the file that people see."""

import datetime
import errno
from dataclasses import replace
from pathlib import Path

import pytest

from bot.library.finalise import Finalised, finalise
from bot.library.folder import RecordingFolder
from bot.library.inspection import inspect_file
from mixer.mp4.label import Chapter, Label
from tests.output.known_media import SMALL, ticks_in, write

SECOND = 1_000_000_000
WHEN = datetime.datetime(2026, 11, 21, 14, 5, 33, tzinfo=datetime.UTC)
NAME = "Rec - 2026-11-21 14-05-33 - Weekly.mp4"
OTHER_NAME = NAME.replace(".mp4", " (2).mp4")
TICKS = (40, 30, 50)  # of part 1, 2, 3
LABEL = Label("Weekly", 1_795_000_000, (Chapter(SECOND // 2, "Recording resumed"), Chapter(2 * SECOND, "Later")), b"{}")


def recorded(library: Path, *ticks: int) -> RecordingFolder:
    """A service's: with an order beside the parts."""
    folder = RecordingFolder.create(library / "recordings", "r1", least_free_bytes=0)
    for number, count in enumerate(ticks, start=1):
        write(folder.part(number), count, SMALL)
    (folder.path / "order.json").write_text("{}")
    return folder


def finished(folder: RecordingFolder, library: Path, **given: object) -> Finalised:
    target = library / "media" / "room" / "Recordings"
    return finalise(folder, target=target, started=WHEN, title="Weekly", room_id="room", **given)  # type: ignore[arg-type]


def shown(result: Finalised) -> list[int]:
    return ticks_in(result.path)


def test_all_parts_are_one_file_in_its_place(tmp_path: Path) -> None:
    """Joined, finished, named, moved; the order stays, the parts are gone."""
    folder = recorded(tmp_path, *TICKS)
    result = finished(folder, tmp_path, label=LABEL, gaps=(12 * SECOND, 0))
    assert result.path == tmp_path / "media" / "room" / "Recordings" / NAME
    assert (result.problem, result.notice, result.others) == ("", "", ())
    assert result.duration_ns == sum(TICKS) * SECOND // 30
    assert shown(result) == [tick for count in TICKS for tick in range(count)]
    assert sorted(path.name for path in folder.path.iterdir()) == [".finished", "order.json"]


def test_chapters_mark_resumes_and_interruptions(tmp_path: Path) -> None:
    """In file time and in order, one at the beginning; a gap of nothing is no interruption. `inspect` shows them."""
    result = finished(recorded(tmp_path, *TICKS), tmp_path, label=LABEL, gaps=(12 * SECOND, 0))
    assert result.chapters == (
        (0, "Beginning"),
        (SECOND // 2, "Recording resumed"),
        (40 * SECOND // 30, "Interrupted for 0:12"),
        (2 * SECOND, "Later"),
    )
    inspection = inspect_file(result.path)
    assert [one.text for one in inspection.chapters] == [text for _, text in result.chapters]
    assert [one.start_s for one in inspection.chapters] == pytest.approx([0, 0.5, 40 / 30, 2.0], abs=0.001)
    assert inspection.whole


def test_without_chapters_there_is_none_at_the_beginning(tmp_path: Path) -> None:
    """An ordinary recording has no list of one."""
    assert finished(recorded(tmp_path, 40), tmp_path).chapters == ()


def test_called_again_it_finds_what_it_made(tmp_path: Path) -> None:
    """A bot that is killed before it could say where the file is does not lose it."""
    folder = recorded(tmp_path, *TICKS)
    first = finished(folder, tmp_path, label=LABEL, gaps=(12 * SECOND, 0))
    again = finished(folder, tmp_path, label=LABEL, gaps=(12 * SECOND, 0))
    assert replace(again, chapters=()) == replace(first, chapters=())
    assert [one.title for one in again.chapters] == [one.title for one in first.chapters]


class _Killed(BaseException):
    """Stands for SIGKILL."""


@pytest.mark.parametrize("step", ["join", "unlink", "finish", "remember", "discard"])
def test_killed_between_the_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Wherever it was, the next call gives the whole recording, once."""

    def die(*_: object, **__: object) -> None:
        raise _Killed

    folder = recorded(tmp_path, *TICKS)
    at = {
        "join": "bot.library.joining.Joining.append",
        "unlink": "bot.library.joining._forget",
        "finish": "bot.library.finalise.finish",
        "remember": "bot.library.folder.RecordingFolder.remember",
        "discard": "bot.library.folder.RecordingFolder.discard",
    }[step]
    with monkeypatch.context() as patch:
        patch.setattr(at, die)
        with pytest.raises(_Killed):
            finished(folder, tmp_path)
    result = finished(folder, tmp_path)
    assert shown(result) == [tick for count in TICKS for tick in range(count)]
    assert [path.name for path in result.path.parent.iterdir()] == [NAME]
    assert folder.parts() == []


def test_a_part_encoded_in_another_way_is_a_file_of_its_own(tmp_path: Path) -> None:
    """Settings changed between two bots: both are there, and a sentence says why. What fits again is joined to it."""
    folder = recorded(tmp_path, 40)
    other = replace(SMALL, audio_bitrate_kbps=96)
    write(folder.part(2), 30, other)
    write(folder.part(3), 20, other)
    chapters = (Chapter(0, "One"), Chapter(2 * SECOND, "Two"))
    result = finished(folder, tmp_path, label=replace(LABEL, chapters=chapters), gaps=(SECOND, 5 * SECOND))
    assert shown(result) == list(range(40))
    assert (result.path.name, [path.name for path in result.others]) == (NAME, [OTHER_NAME])
    assert ticks_in(result.others[0]) == [*range(30), *range(20)]
    assert "Part 2 was encoded in another way" in result.notice
    assert result.problem == ""
    texts = [one.text for one in inspect_file(result.others[0]).chapters]
    assert texts == ["Beginning", "Two", "Interrupted for 0:05"]


@pytest.mark.parametrize("damaged", [0, 1, 2])
def test_a_part_with_nothing_in_it_is_passed_over(tmp_path: Path, damaged: int) -> None:
    """A bot that was killed in its first moments takes nothing from the others."""
    ticks = [0 if number == damaged else count for number, count in enumerate(TICKS)]
    folder = recorded(tmp_path, *ticks)
    result = finished(folder, tmp_path)
    assert shown(result) == [tick for count in ticks for tick in range(count)]
    assert (result.problem, result.notice, folder.parts()) == ("", "", [])


def test_a_part_that_cannot_be_read_is_kept_and_named(tmp_path: Path) -> None:
    """What is damaged may still be somebody's recording."""
    folder = recorded(tmp_path, *TICKS)
    folder.part(2).write_bytes(b"damaged")
    result = finished(folder, tmp_path)
    assert shown(result) == [*range(TICKS[0]), *range(TICKS[2])]
    assert str(folder.part(2)) in result.notice
    assert folder.part(2).read_bytes() == b"damaged"


def test_a_disk_too_full_for_joining(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both parts are files of their own, and a sentence says what there was no room for."""
    folder = recorded(tmp_path, 40, 30)

    def full(descriptor: int, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("mixer.mp4.join.write_whole", full)
    result = finished(folder, tmp_path)
    assert (ticks_in(result.path), ticks_in(result.others[0])) == (list(range(40)), list(range(30)))
    assert "could not be joined" in result.notice
    assert "no room left" in result.notice
