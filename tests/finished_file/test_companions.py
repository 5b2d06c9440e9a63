"""What goes with a finished recording: pictures of it that agree with it, sums that agree with the bytes."""

import hashlib
import json
import re
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from bot.commands.companions import companions
from bot.library.companions import making
from bot.library.companions.contact_sheet import CAPTION, COLUMNS, GAP, TILE_WIDTH, tiles_for
from bot.library.companions.making import make_companions
from bot.library.companions.seek_bar import MOST_PICTURES, seek_bar
from bot.library.poster import poster_of
from mixer.mp4.finish import finish
from mixer.mp4.opened import OpenedFile
from mixer.mp4.track import PICTURE
from mixer.output.output import Output
from tests.output.known_media import PER_TICK, SMALL, write

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
SECRET = "the room's pin"
_CUE = re.compile(r"(\d\d):(\d\d):(\d\d)\.(\d{3}) --> (\d\d):(\d\d):(\d\d)\.(\d{3})\n(seek-\d{3}\.jpg)#xywh=([\d,]+)\n")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds."""
    path = tmp_path_factory.mktemp("recording") / "Rec - a.mp4"
    finish(path, write(path, 300).index)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A service's, with what must not leave it."""
    for name in ("order.json", "status.json", "bot.log", "journal.jsonl", "manifest.json", ".finished"):
        (tmp_path / name).write_text(json.dumps({"secret": SECRET}))
    (tmp_path / "events.json").write_text('{"version": 1}')
    (tmp_path / "speakers.vtt").write_text("WEBVTT\n")
    (tmp_path / "report.json").write_text("{}")
    return tmp_path


def _image(path: Path) -> np.ndarray:
    data = cv2.imread(str(path))
    assert data is not None
    return np.asarray(data)


def _tick(tile: np.ndarray) -> int:
    """What the bars of known media say, in a small copy."""
    height, width = tile.shape[:2]
    bars = tile[height * 3 // 4, [int((bit + 0.5) * width / 16) for bit in range(16)]].mean(axis=1)
    return sum(1 << bit for bit, level in enumerate(bars) if level > 125)


def _keyframes(path: Path) -> list[int]:
    with OpenedFile(path) as opened:
        lookup = opened.track(PICTURE)
        assert lookup is not None
        assert lookup.keyframes is not None
        return [int(number) - 1 for number in lookup.keyframes]


def _cues(folder: Path) -> list[tuple[float, float, str, tuple[int, int, int, int]]]:
    text = (folder / "seek.vtt").read_text()
    assert text.startswith("WEBVTT\n\n")
    found = []
    for match in _CUE.finditer(text):
        h, m, s, ms, h2, m2, s2, ms2 = map(int, match.groups()[:8])
        x, y, w, height = map(int, match[10].split(","))
        begin, end = h * 3600 + m * 60 + s + ms / 1000, h2 * 3600 + m2 * 60 + s2 + ms2 / 1000
        found.append((begin, end, match[9], (x, y, w, height)))
    assert text.count("-->") == len(found)
    return found


def test_all_are_made_and_listed(recording: Path, folder: Path) -> None:
    """The command ends with 0; companions.json has the file's sum and everything that may leave the folder, right in
    name, kind, size and sum; of the rest not a word."""
    result = CliRunner().invoke(companions, [str(folder), str(recording)])
    assert (result.exit_code, result.output) == (0, "")
    told = json.loads((folder / "companions.json").read_text())
    data = recording.read_bytes()
    assert (told["version"], told["sha256"], told["size"]) == (1, hashlib.sha256(data).hexdigest(), len(data))
    assert {one["name"]: one["media_type"] for one in told["companions"]} == {
        "contact-sheet.jpg": "image/jpeg",
        "events.json": "application/json",
        "poster.jpg": "image/jpeg",
        "report.html": "text/html",
        "report.json": "application/json",
        "seek-001.jpg": "image/jpeg",
        "seek.vtt": "text/vtt",
        "speakers.vtt": "text/vtt",
    }
    for one in told["companions"]:
        content = (folder / one["name"]).read_bytes()
        assert (one["size"], one["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert SECRET.encode() not in content


def test_seek_pictures_agree_with_the_recording(recording: Path, folder: Path) -> None:
    """Cues follow each other from 0 to the very end; each names a place inside its sheet, and there is the keyframe
    that is shown in the middle of the cue."""
    make_companions(folder, recording)
    cues, keyframes = _cues(folder), _keyframes(recording)
    assert (cues[0][0], cues[-1][1], len(cues)) == (0, 10.0, 10)
    assert all(one[1] == other[0] for one, other in pairwise(cues))
    for begin, end, name, (x, y, width, height) in cues:
        sheet = _image(folder / name)
        assert y + height <= sheet.shape[0]
        assert x + width <= sheet.shape[1]
        expected = max(key for key in keyframes if key <= (begin + end) / 2 * 30)
        assert _tick(sheet[y : y + height, x : x + width]) == expected


def test_contact_sheet_agrees_with_the_recording(recording: Path, folder: Path) -> None:
    """Full rows of pictures at even distances."""
    make_companions(folder, recording)
    sheet, keyframes = _image(folder / "contact-sheet.jpg"), _keyframes(recording)
    count, height = tiles_for(10 * SECOND), TILE_WIDTH * 9 // 16
    assert sheet.shape[:2] == (GAP + height + CAPTION + GAP, COLUMNS * (TILE_WIDTH + GAP) + GAP)
    for number in range(count):
        left = GAP + number * (TILE_WIDTH + GAP)
        expected = max(key for key in keyframes if key <= (number + 0.5) * 300 / count)
        assert _tick(sheet[GAP : GAP + height, left : left + TILE_WIDTH]) == expected


@pytest.mark.parametrize("seconds", [0.04, 1, 59.9, 720, 721, 3600, 6 * 3600, 24 * 3600, 72 * 3600, 1000 * 3600])
def test_pictures_are_bounded(seconds: float) -> None:
    """However long it is, all of it is there, in no more pictures than stated."""
    bar = seek_bar(round(seconds * SECOND), 108)
    assert 1 <= bar.count <= MOST_PICTURES
    assert (bar.count - 1) * bar.step_ms < bar.duration_ms <= bar.count * bar.step_ms
    assert bar.vtt().count("-->") == bar.count
    assert bar.sheets <= 12
    assert 1 <= tiles_for(round(seconds * SECOND)) <= 40


def test_steps_grow_with_the_duration() -> None:
    """A second apart, at first; five in an hour; two minutes in a day."""
    steps = [seek_bar(length, 108).step_ms // 1000 for length in (30 * SECOND, HOUR, 24 * HOUR)]
    assert steps == [1, 5, 120]


def test_colours_are_those_of_the_recording(tmp_path: Path) -> None:
    """Red stays red: it is read with the matrix with which it was encoded."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    planes = np.empty((SMALL.height * 3 // 2, SMALL.width), np.uint8)
    red = np.array([200, 40, 60]) / 255
    y = float(red @ [0.2126, 0.7152, 0.0722])  # BT.709
    planes[: SMALL.height] = round(16 + 219 * y)
    chroma = planes[SMALL.height :].reshape(2, -1)
    chroma[0], chroma[1] = round(128 + 224 * (red[2] - y) / 1.8556), round(128 + 224 * (red[0] - y) / 1.5748)
    for tick in range(40):
        output.sound(np.zeros((2, PER_TICK), np.float32))
        output.picture(av.VideoFrame.from_ndarray(planes, format="yuv420p"), tick)
    output.close()
    finish(path, output.index)
    make_companions(tmp_path, path)
    for name in ("contact-sheet.jpg", "seek-001.jpg", "poster.jpg"):
        blue, green, red_level = _image(tmp_path / name)[40:60, 40:60].mean(axis=(0, 1))
        assert (red_level, green, blue) == pytest.approx((200, 40, 60), abs=8), name


def test_one_that_fails_keeps_no_other_away(recording: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate with a defect: exit code 4, a sentence that names it, all the others made and listed."""

    def broken(*_: object) -> str:
        raise KeyError("defect")

    monkeypatch.setattr(making, "certificate", broken)
    result = CliRunner().invoke(companions, [str(folder), str(recording)])
    assert result.exit_code == 4
    assert result.stderr.startswith("report.html could not be made: ")
    names = [one["name"] for one in json.loads((folder / "companions.json").read_text())["companions"]]
    assert {"poster.jpg", "contact-sheet.jpg", "seek.vtt"} < set(names)
    assert "report.html" not in names


def test_made_again_for_a_shorter_file(recording: Path, folder: Path) -> None:
    """Pictures of an earlier making that no cue names are gone."""
    for number in (2, 3):
        (folder / f"seek-00{number}.jpg").write_bytes(b"older")
    make_companions(folder, recording)
    assert [path.name for path in sorted(folder.glob("seek-*"))] == ["seek-001.jpg"]


def test_a_damaged_picture_is_left_out(recording: Path, folder: Path, tmp_path: Path) -> None:
    """The sheets show the others, in their places, and the page says that the file did not pass."""
    path = tmp_path / "damaged.mp4"
    data = bytearray(recording.read_bytes())
    with OpenedFile(recording) as opened:
        lookup = opened.track(PICTURE)
        assert lookup is not None
        at, size = lookup.place(lookup.keyframe_at(2 * SECOND))
    data[at : at + size] = bytes(size)
    path.write_bytes(data)
    assert make_companions(folder, path) == []
    sheet = _image(folder / "seek-001.jpg")
    assert len(_cues(folder)) == 10
    assert sheet[:108, 2 * 192 : 3 * 192].max() < 60
    assert _tick(sheet[:108, 4 * 192 : 5 * 192]) in _keyframes(recording)
    assert "failed" in (folder / "report.html").read_text()


@pytest.mark.parametrize("content", [b"", b"GIF89a" * 100])
def test_a_file_without_pictures_has_its_sum(folder: Path, content: bytes) -> None:
    """What cannot be shown is said; the rest is made all the same."""
    path = folder / "strange.mp4"
    path.write_bytes(content)
    result = CliRunner().invoke(companions, [str(folder), str(path)])
    assert result.exit_code == 4
    told = json.loads((folder / "companions.json").read_text())
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert "contact-sheet.jpg" not in {one["name"] for one in told["companions"]}


def test_a_file_that_could_not_be_finished(folder: Path, tmp_path: Path) -> None:
    """What a full disk left unfinished has its pictures, too."""
    path = tmp_path / "part.mp4"
    write(path, 90)
    assert make_companions(folder, path) == []
    assert len(_cues(folder)) == 3


def test_usage_errors(recording: Path, folder: Path) -> None:
    """A folder or a file that is not there: exit code 2."""
    for arguments in ([], [str(folder)], [str(folder / "no"), str(recording)], [str(folder), str(folder / "no.mp4")]):
        assert CliRunner().invoke(companions, arguments).exit_code == 2


def test_poster_is_the_fullest_of_the_first(recording: Path) -> None:
    """As large as stated, and no plain area."""
    data = cv2.imdecode(np.frombuffer(poster_of(recording), np.uint8), cv2.IMREAD_COLOR)
    assert data is not None
    assert np.asarray(data).shape == (180, 320, 3)
    assert np.asarray(data).std() > 20
