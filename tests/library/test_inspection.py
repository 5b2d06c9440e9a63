"""`roomreel inspect` on recordings, on what is left of them, and on other people's files."""

import json
import struct
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner, Result

from bot.commands.inspect import inspect, to_json, to_text
from bot.library.inspection import inspect_file
from mixer.mp4.finish import finish
from mixer.mp4.label import Label
from mixer.output.output import Output
from tests.output.known_media import SMALL, feed, picture, sound, write


def run(*arguments: str) -> Result:
    return CliRunner().invoke(inspect, arguments)


def test_finished_recording(tmp_path: Path) -> None:
    """Everything that was asked for is told, and nothing is wrong with it."""
    path = tmp_path / "a.mp4"
    write(path, 90)
    finish(path)
    result = run(str(path), "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (found["duration_s"], found["width"], found["height"], found["fps"]) == (3.0, 320, 180, 30.0)
    assert [(t["kind"], t["codec"], t["profile"], t["rate"]) for t in found["tracks"]] == [
        ("video", "h264", "High", 30.0),
        ("audio", "aac", "LC", 48000),
    ]
    assert (found["fragments"], found["longest_gap_video_s"], found["longest_gap_audio_s"]) == (6, 0, 0)
    assert (found["whole"], found["problems"], found["title"]) == (True, [], "Known media")
    assert found["created"] == "2026-11-18T11:06:40+00:00"


def test_text_for_people(tmp_path: Path) -> None:
    """The table says it in words, aligned."""
    path = tmp_path / "a.mp4"
    write(path, 90)
    finish(path)
    lines = run(str(path)).stdout.splitlines()
    assert lines[0] == "a.mp4"
    assert "  Duration   0:00:03.000" in lines
    assert "  Video      h264 High, 320x180, 30 fps, 90 pictures" in lines
    assert "  Gaps       picture none, sound none" in lines
    assert "  Whole      yes" in lines


@pytest.mark.parametrize(
    "report",
    [b'{"version": 1}', b'{"version": 1, "tracks": [{"track": 7}]}', b'{"version": 1, "tracks": 5}', b"[" * 99999],
)
def test_what_others_wrote_into_a_file(tmp_path: Path, report: bytes) -> None:
    """A report that is none of ours is left out, a title does not steer the terminal, a year may be any."""
    path = tmp_path / "a.mp4"
    write(path, 30)
    finish(path, label=Label("a\x1b[2Jb", report=report))
    result = run(str(path))
    assert result.exit_code == 0
    assert "  Title      a [2Jb" in result.stdout.splitlines()
    assert "packets" not in result.stdout
    beyond = replace(inspect_file(path), created_s=1 << 62)
    assert "Created" not in to_text(beyond)
    assert to_json(beyond)["created"] is None


def test_growing_part(tmp_path: Path) -> None:
    """While it is written, what is there so far is told."""
    output = Output(tmp_path / "a.mp4", SMALL)
    feed(output, range(70))
    found = inspect_file(tmp_path / "a.mp4")
    output.close()
    assert found.fragments == 4
    assert found.longest_fragment_s == 0.8
    assert not found.whole
    assert "never finished" in found.problems[0]


def test_cut_part(tmp_path: Path) -> None:
    """The bytes that are no whole fragment are counted, and how far it plays is told."""
    path = tmp_path / "a.mp4"
    write(path, 77)
    path.write_bytes(path.read_bytes()[:-100])
    found = inspect_file(path)
    assert found.fragments == 4
    assert "no whole fragment" in found.problems[0]
    assert "lost" in found.problems[0]


@pytest.mark.parametrize(("finished", "before"), [(True, b"stsz"), (False, b"trun")])
def test_tables_that_claim_the_world(tmp_path: Path, finished: bool, before: bytes) -> None:
    """Four thousand million samples of one size in a few bytes are nonsense, not 32 GB of memory."""
    path = tmp_path / "a.mp4"
    write(path, 60)
    if finished:
        finish(path)
    data = bytearray(path.read_bytes())
    at = data.rindex(before) + 4
    data[at : at + 12] = struct.pack(">III", 0, 1, 2**32 - 1) if finished else struct.pack(">IIi", 0, 2**32 - 1, 0)
    path.write_bytes(data)
    result = run(str(path))
    assert result.exit_code == (2 if finished else 0)
    assert ("tables are damaged" if finished else "no whole fragment") in result.output


def test_finished_file_that_lost_its_end(tmp_path: Path) -> None:
    """The head at the end is gone with it: a sentence."""
    path = tmp_path / "a.mp4"
    write(path, 77)
    finish(path)
    path.write_bytes(path.read_bytes()[:-10])
    result = run(str(path))
    assert result.exit_code == 2
    assert "cut off" in result.stderr


def test_gaps_are_found(tmp_path: Path) -> None:
    """Ten pictures left out are a gap of a third of a second."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    for tick in range(90):
        output.sound(sound(tick))
        if not 50 <= tick < 60:
            output.picture(picture(tick), tick)
    output.close()
    assert inspect_file(path).longest_gap_video_s == pytest.approx(1 / 3, abs=0.001)
    finish(path)
    found = inspect_file(path)
    assert found.longest_gap_video_s == pytest.approx(1 / 3, abs=0.001)
    assert found.longest_gap_audio_s == 0


@pytest.mark.parametrize("movflags", ["", "faststart", "frag_keyframe+empty_moov+default_base_moof", "frag_keyframe"])
def test_files_of_others(tmp_path: Path, movflags: str) -> None:
    """FFmpeg's own files, ordinary and fragmented, are read the same way; without sound that is said."""
    path = tmp_path / "other.mp4"
    with av.open(str(path), "w", options={"movflags": movflags} if movflags else {}) as container:
        track = container.add_stream("libx264", rate=25)
        track.width, track.height, track.pix_fmt = 320, 180, "yuv420p"
        track.time_base = Fraction(1, 25)
        track.codec_context.gop_size = 12
        for tick in range(50):
            frame = picture(tick)
            frame.pts, frame.time_base = tick, Fraction(1, 25)
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    found = inspect_file(path)
    assert (found.width, found.height, found.fps) == (320, 180, 25.0)
    assert found.duration_s == pytest.approx(2.0, abs=0.1)  # some of them write no edit list
    assert found.longest_gap_video_s == 0
    assert found.problems == ("There is no audio in it.",)
    assert (found.fragments > 0) == ("frag" in movflags)


@pytest.mark.needs("ffprobe")
def test_ordinary_file_that_is_cut(tmp_path: Path) -> None:
    """A head at the front that promises more than there is: how much is missing is told."""
    path, source = tmp_path / "fast.mp4", tmp_path / "a.mp4"
    write(source, 90)
    remux = ["ffmpeg", "-v", "error", "-i", str(source), "-c", "copy", "-movflags", "+faststart", str(path)]
    subprocess.run(remux, check=True)
    assert inspect_file(path).whole
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    assert "missing" in inspect_file(path).problems[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"Hello, this is a text file, no film.", "not an MP4"),
        (bytes(5000), "not an MP4"),
        (np.random.default_rng(1).bytes(5000), "not an MP4"),
        (b"\0\0\0\x14ftypisom\0\0\2\0isom", "cut off before the head"),
        (b"\0\0\0\x14ftypisom\0\0\2\0isom\0\0\0\x10moov\0\0\0\x08junk", "head"),
    ],
)
def test_what_is_no_recording(tmp_path: Path, content: bytes, says: str) -> None:
    """A sentence on standard error and exit code 2, never a traceback."""
    path = tmp_path / "x.mp4"
    path.write_bytes(content)
    result = run(str(path))
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.output


def test_missing_file_and_folder(tmp_path: Path) -> None:
    """Both are told apart."""
    assert "There is no file" in run(str(tmp_path / "none.mp4")).stderr
    assert "is a folder" in run(str(tmp_path)).stderr
    assert run(str(tmp_path)).exit_code == run(str(tmp_path / "none.mp4")).exit_code == 2


def test_every_damage_is_a_sentence(tmp_path: Path) -> None:
    """Any byte of the head turned over: an answer or a sentence, nothing else."""
    path = tmp_path / "a.mp4"
    write(path, 10)
    finish(path)
    data = path.read_bytes()
    for position in range(len(data) - 1500, len(data), 3):
        path.write_bytes(data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :])
        assert run(str(path)).exit_code in {0, 2}
