"""Chapters as players find them: QuickTime's in a track of texts, everybody else's in a list."""

import json
import subprocess
from pathlib import Path

import pytest

from mixer.mp4.box import child
from mixer.mp4.contents import read_contents
from mixer.mp4.finish import finish
from mixer.mp4.label import Chapter, Label
from tests.output.known_media import ticks_in, write

SECOND = 1_000_000_000
CHAPTERS = (Chapter(0, "Beginning"), Chapter(SECOND, "Bühne: Folien"), Chapter(2_500_000_000, "Recording resumed"))


def recorded(path: Path, chapters: tuple[Chapter, ...]) -> Path:
    output = write(path, 90)
    finish(path, output.index, Label("Weekly", 1_795_000_000, chapters))
    return path


def probed(path: Path) -> dict[str, list[dict[str, object]]]:
    run = ["ffprobe", "-v", "error", "-show_chapters", "-show_streams", "-of", "json", str(path)]
    result = subprocess.run(run, capture_output=True, text=True, check=True)
    found: dict[str, list[dict[str, object]]] = json.loads(result.stdout)
    return found


@pytest.mark.needs("ffprobe")
def test_ffprobe_finds_each_once(tmp_path: Path) -> None:
    """Both lists say the same, so that none is there twice; each lasts until the next, the last until the end."""
    found = probed(recorded(tmp_path / "a.mp4", CHAPTERS))["chapters"]
    assert [(float(str(one["start_time"])), float(str(one["end_time"]))) for one in found] == [
        (0, 1),
        (1, 2.5),
        (2.5, 3),
    ]
    titles = [one["tags"]["title"] for one in found]  # type: ignore[index]
    assert titles == [chapter.title for chapter in CHAPTERS]


@pytest.mark.needs("ffprobe")
def test_the_track_of_texts_alone_is_enough(tmp_path: Path) -> None:
    """Without the other list, as QuickTime reads it: the same chapters."""
    path = recorded(tmp_path / "a.mp4", CHAPTERS)
    path.write_bytes(path.read_bytes().replace(b"chpl", b"skip"))
    found = probed(path)["chapters"]
    assert [one["tags"]["title"] for one in found] == [chapter.title for chapter in CHAPTERS]  # type: ignore[index]


@pytest.mark.needs("ffmpeg")
def test_picture_and_sound_are_as_without(tmp_path: Path) -> None:
    """Nothing of the chapters is taken for media."""
    path = recorded(tmp_path / "a.mp4", CHAPTERS)
    assert ticks_in(path) == list(range(90))
    run = ["ffmpeg", "-v", "warning", "-i", str(path), "-f", "null", "-"]
    assert subprocess.run(run, capture_output=True, text=True, check=True).stderr == ""
    contents = read_contents(path)
    assert len(contents.moov.tracks) == 2
    assert tuple(contents.moov.label.chapters) == CHAPTERS
    assert contents.fragments == 6


def test_chapters_beyond_the_end_are_left_out(tmp_path: Path) -> None:
    """And a file without any has no track for them."""
    path = recorded(tmp_path / "a.mp4", (Chapter(3 * SECOND, "Too late"),))
    assert read_contents(path).moov.label.chapters == ()
    data = path.read_bytes()
    assert child(data, b"moov", b"trak", b"tref") is None
    assert b"gmhd" not in data


def test_hundreds_of_chapters(tmp_path: Path) -> None:
    """The one list ends after 255, the other has them all; long and odd texts harm neither."""
    many = tuple(Chapter(number * 5_000_000, f"{number} " + "ä" * 300) for number in range(500))
    path = recorded(tmp_path / "a.mp4", many)
    assert len(read_contents(path).moov.label.chapters) == 255
    assert len(probed(path)["chapters"]) == 500
    assert ticks_in(path) == list(range(90))
