"""The finished file in the hands of others: Chromium, FFmpeg's tools, what QuickTime-style players look for."""

import datetime
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.library.finalise import Finalised, finalise
from bot.library.folder import RecordingFolder
from mixer.mp4 import front
from mixer.mp4.box import boxes, child
from mixer.mp4.label import Chapter, Label
from mixer.output.output import Output
from tests.finished_file.player import Player, player
from tests.output.known_media import SMALL, feed, picture, sound

SECOND = 1_000_000_000
WHEN = datetime.datetime(2026, 11, 21, 14, 5, 33, tzinfo=datetime.UTC)
TITLE = "Besprechung: Größe & Maß"
TICKS = 300
PARTS = {"one": (TICKS,), "joined": (130, 100, 70)}  # ticks of each
ORDERS = {"first": [b"ftyp", b"moov", b"mdat"], "last": [b"ftyp", b"mdat", b"moov"]}
KINDS = [f"{parts}-{head}" for parts in PARTS for head in ORDERS]


@dataclass(frozen=True, slots=True)
class Finishes:
    """One recording, finished in each way: of one part or several, the head first or last."""

    folder: Path
    results: dict[str, Finalised]


def _recorded(output: Path, name: str, parts: tuple[int, ...]) -> RecordingFolder:
    """Part after part on one clock: each tick shows its number."""
    folder = RecordingFolder.create(output, name, least_free_bytes=0)
    done = 0
    for number, ticks in enumerate(parts, start=1):
        part = Output(folder.part(number), SMALL)
        if done:
            for tick in range(ticks):
                part.sound(sound(done + tick))
                part.picture(picture(done + tick), tick)
        else:
            feed(part, range(ticks))
        part.close()
        done += ticks
    return folder


@pytest.fixture(scope="module")
def finishes(tmp_path_factory: pytest.TempPathFactory) -> Finishes:
    output = tmp_path_factory.mktemp("players")
    label = Label(TITLE, int(WHEN.timestamp()), report=b"{}")
    chapters = (Chapter(0, "Beginning"), Chapter(4 * SECOND, "Bühne: Folien"))
    results = {}
    for kind in KINDS:
        parts, head = kind.split("-")
        folder = _recorded(output, kind, PARTS[parts])
        with pytest.MonkeyPatch.context() as patch:
            if head == "last":  # as if it were large
                patch.setattr(front, "MOST_BYTES", 1000)
            if parts == "joined":
                label = replace(label, chapters=chapters)
            result = finalise(folder, started=WHEN, title=kind, room_id="room", label=label, gaps=(7 * SECOND, 0))
        assert (result.problem, result.notice) == ("", "")
        results[kind] = result
    return Finishes(output, results)


@pytest.fixture(scope="module")
def chromium(finishes: Finishes) -> Iterator[Player]:
    with player(finishes.folder) as one:
        yield one


@pytest.mark.parametrize("kind", KINDS)
def test_boxes_in_order(finishes: Finishes, kind: str) -> None:
    """Three boxes on top, the head where it belongs, and in each track what players need, in the usual order."""
    data = finishes.results[kind].path.read_bytes()
    top = list(boxes(data))
    assert [box.kind for box in top] == ORDERS[kind.split("-")[1]]
    assert top[-1].end == len(data)
    moov = next(box for box in top if box.kind == b"moov").within(data)
    texts = [b"text"] if kind.startswith("joined") else []  # its chapters
    assert [box.kind for box in boxes(moov)] == [b"mvhd", b"trak", b"trak", *[b"trak"] * len(texts), b"udta"]
    traks = [box.within(moov) for box in boxes(moov) if box.kind == b"trak"]
    tables = [child(trak, b"mdia", b"minf", b"stbl") or b"" for trak in traks]
    entries = [child(table, b"stsd") or b"" for table in tables]
    assert [entry[12:16] for entry in entries] == [b"avc1", b"mp4a", *texts]
    assert [box.kind for box in boxes(tables[0])][:2] == [b"stsd", b"stts"]
    assert {b"stss", b"stsc", b"stsz", b"stco"} <= {box.kind for box in boxes(tables[0])}
    assert (child(traks[0], b"tref", b"chap") is not None) == bool(texts)


@pytest.mark.needs("ffprobe")
@pytest.mark.parametrize("kind", KINDS)
def test_ffmpeg_has_no_complaint(finishes: Finishes, kind: str) -> None:
    """Not a warning in looking at it, nor in decoding all of it; its tags, dates and chapters are there. (ffprobe has
    no decoder for the track of chapters that QuickTime wants, whoever wrote it, and says so.)"""
    path = finishes.results[kind].path
    look = ["ffprobe", "-v", "warning", "-of", "json", "-show_format", "-show_streams", "-show_chapters", str(path)]
    looked = subprocess.run(look, capture_output=True, text=True, check=True)
    decode = ["ffmpeg", "-v", "warning", "-nostdin", "-i", str(path), "-map", "0:v", "-map", "0:a", "-f", "null", "-"]
    decoded = subprocess.run(decode, capture_output=True, text=True, check=True)
    joined = kind.startswith("joined")
    assert looked.stderr == ("Unsupported codec with id 98314 for input stream 2\n" if joined else "")
    assert decoded.stderr == ""
    told = json.loads(looked.stdout)
    tags = told["format"]["tags"]
    assert (tags["title"], tags["creation_time"]) == (TITLE, "2026-11-21T14:05:33.000000Z")
    assert tags["date"] == "2026-11-21T14:05:33Z"
    assert float(told["format"]["duration"]) == pytest.approx(TICKS / 30, abs=0.001)
    shown = [(one["codec_name"], one["codec_tag_string"]) for one in told["streams"] if one["codec_type"] != "data"]
    assert shown == [("h264", "avc1"), ("aac", "mp4a")]
    assert int(told["streams"][0]["nb_frames"]) == TICKS
    texts = [(round(float(one["start_time"]), 2), one["tags"]["title"]) for one in told["chapters"]]
    assert texts == ([(0.0, "Beginning"), (4.0, "Bühne: Folien"), (4.33, "Interrupted for 0:07")] if joined else [])


@pytest.mark.long
@pytest.mark.needs("chromium")
@pytest.mark.parametrize("kind", KINDS)
def test_chromium_plays_and_seeks(finishes: Finishes, chromium: Player, kind: str) -> None:
    """The right duration, the very picture at ten places, and sound that is decoded."""
    wanted = [299, 3, 150, 131, 129, 42, 230, 229, 88, 0]  # around the joints, too
    told = chromium.watch(finishes.results[kind].path.name, [(tick + 0.5) / 30 for tick in wanted], 3.0)
    assert told["duration"] == pytest.approx(TICKS / 30, abs=0.05)
    assert (told["width"], told["height"]) == (320, 180)
    assert told["shown"] == wanted
    assert told["played"] >= 0.7
    assert told["sound"] > 0
