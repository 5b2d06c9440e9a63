"""Pictures that did not change cost nothing, and decode to exactly the picture before them."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mixer.errors import OutputError
from mixer.mp4.finish import finish
from mixer.output.bits import BitReader, BitWriter, escaped, unescaped
from mixer.output.libx264 import Encoder
from mixer.output.output import Output
from mixer.output.picture_encoder import PictureEncoder
from mixer.output.settings import OutputSettings
from mixer.output.x264 import Effort, open_x264
from tests.output.known_media import FPS, SMALL, feed, picture, sound, tick_of, ticks_in

Planes = NDArray[np.uint8]

# Which ticks change: single stills, runs longer than frame_num's field and than a group, whole groups at rest.
PATTERNS: dict[str, Callable[[int], bool]] = {
    "every second": lambda tick: tick % 2 == 0,
    "runs": lambda tick: tick % 24 not in (3, 4, 5, 9, 10) and not 40 < tick < 61,
    "slides": lambda tick: tick % 75 == 0,
    "five a second": lambda tick: tick % 6 == 0,
    "the group's first is still": lambda tick: tick not in (5, 15, 35, 59, 83) and tick % 7 != 3,
    "none": lambda tick: tick == 0,
}


def textured(seed: int, width: int = 320, height: int = 180) -> Planes:
    """A picture with detail everywhere, so that a slip in one macroblock is seen."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 210, (height * 3 // 2 // 6, width // 8), dtype=np.uint8)
    return np.kron(coarse, np.ones((6, 8), np.uint8))


def decoded(path: Path) -> list[Planes]:
    """Strictly: an error in a bit stream is an error here."""
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.options = {"err_detect": "explode"}
        return [frame.to_ndarray().astype(np.uint8, copy=False) for frame in container.decode(video=0)]


def psnr(one: Planes, other: Planes) -> float:
    difference = float(np.square(one.astype(float) - other).mean())
    return float(10 * np.log10(255**2 / max(difference, 1e-6)))


@pytest.mark.parametrize("finished", [False, True])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_stills_are_the_picture_before(tmp_path: Path, pattern: str, finished: bool) -> None:
    """All pictures are there at a constant rate; those that did not change equal the one before to the last bit,
    except where a group begins, and none is far from what was given."""
    path = tmp_path / "a.mp4"
    output = Output(path, OutputSettings(width=320, height=180, crf=20))
    given: list[Planes] = []
    for tick in range(150):
        changed = PATTERNS[pattern](tick)
        given.append(textured(tick) if changed else given[-1])
        output.picture(av.VideoFrame.from_ndarray(given[-1], format="yuv420p"), tick, changed=changed)
    output.close()
    if finished:
        finish(path)
    shown = decoded(path)
    assert len(shown) == 150
    starts = {0, 5, 15, 35, 59, 83, 107, 131}
    for tick in range(150):
        assert psnr(shown[tick], given[tick]) > 30, tick
        if tick not in starts and not PATTERNS[pattern](tick):
            assert np.array_equal(shown[tick], shown[tick - 1]), tick
    with av.open(str(path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([tick / FPS for tick in range(150)], abs=1e-6)


def test_size_that_is_no_multiple_of_a_macroblock(tmp_path: Path) -> None:
    """The rows that the file cuts off are skipped too."""
    path = tmp_path / "a.mp4"
    output = Output(path, OutputSettings(width=326, height=182))
    given = textured(1, 336, 192)[:273, :326]
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(given), format="yuv420p")
    for tick in range(40):
        output.picture(frame, tick, changed=tick % 5 == 0)
    output.close()
    assert [shown.shape for shown in decoded(path)] == [(273, 326)] * 40


def test_loss_is_bounded_with_stills(tmp_path: Path) -> None:
    """A still picture is written as soon as a moving one: less than a second is missing at any moment."""
    output = Output(tmp_path / "a.mp4", SMALL)
    worst_s = 0.0
    for tick in range(300):
        output.sound(sound(tick))
        output.picture(picture(tick // 100), tick, changed=tick % 100 == 0)
        worst_s = max(worst_s, (tick + 1) / FPS - output.written_ns / 1e9)
    output.close()
    assert worst_s < 1.0


def test_left_out_ticks_and_stills(tmp_path: Path) -> None:
    """A still behind a gap holds the picture before the gap."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    last = 0
    for tick in (*range(10), *range(14, 20), *range(50, 60)):
        changed = tick not in (14, 15, 16, 52)
        last = tick if changed else last
        output.picture(picture(last), tick, changed=changed)
    output.close()
    expected = [*range(10), 9, 9, 9, 17, 18, 19, 50, 51, 51, *range(53, 60)]
    assert ticks_in(path) == expected


def test_a_still_costs_next_to_nothing(tmp_path: Path) -> None:
    """At 1080p less than a twentieth of what the encoder takes to find out by itself."""
    frame = av.VideoFrame.from_ndarray(textured(3, 1920, 1080), format="yuv420p")
    spent_s = []
    for changed in (True, False):
        output = Output(tmp_path / f"{changed}.mp4", OutputSettings())
        output.picture(frame, 0)
        output.picture(frame, 1)
        before_s = time.process_time()
        for tick in range(2, 5):
            output.picture(frame, tick, changed=changed)
        spent_s.append(time.process_time() - before_s)
        output.close()
    assert spent_s[1] < spent_s[0] / 20


@pytest.mark.parametrize("schedule", [{40: 1}, {0: 1, 30: 0}, {tick: tick // 20 % 3 for tick in range(0, 200, 20)}])
def test_effort_changes_within_the_file(tmp_path: Path, schedule: dict[int, int]) -> None:
    """Whatever level encodes, every picture is there and is the one that was given; stills are still exact."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    wanted: list[int] = []
    for tick in range(200):
        if tick in schedule:
            output.set_effort(schedule[tick])
        changed = tick % 5 != 3 and not 100 < tick < 130
        wanted.append(tick if changed else wanted[-1])
        output.sound(sound(tick))
        output.picture(picture(wanted[-1]), tick, changed=changed)
    output.close()
    finish(path)
    assert [tick_of(av.VideoFrame.from_ndarray(shown, format="yuv420p")) for shown in decoded(path)] == wanted


def keyframes_in(path: Path) -> list[int]:
    with av.open(str(path)) as container:
        return [tick for tick, frame in enumerate(container.decode(video=0)) if frame.key_frame]


@pytest.mark.parametrize("changed", [lambda tick: True, lambda tick: tick % 4 == 0], ids=["moving", "stills"])
@pytest.mark.parametrize(("switch", "begins"), [(0, 0), (40, 40), (59, 59), (60, 61), (58, 58)])
def test_a_level_holds_from_the_next_picture(
    tmp_path: Path, changed: Callable[[int], bool], switch: int, begins: int
) -> None:
    """A group begins for it at once, or behind the first picture of one; no picture is lost, and groups stay whole."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    for tick in range(120):
        if tick == switch:
            output.set_effort(1)
        output.sound(sound(tick))
        output.picture(picture(tick if changed(tick) else tick // 4 * 4), tick, changed=changed(tick))
    output.close()
    shown = [tick_of(av.VideoFrame.from_ndarray(one, format="yuv420p")) for one in decoded(path)]
    assert shown == [tick if changed(tick) else tick // 4 * 4 for tick in range(120)]
    starts = keyframes_in(path)
    assert begins in starts
    regular = {0, 5, 15, 35, 59, 83, 107} if switch == 0 else {start for start in (0, 5, 15, 35, 59) if start <= begins}
    assert set(starts) == regular | ({*range(begins, 120, 24)} if switch else set())
    assert output.fragments == len(starts)


def test_a_level_that_changes_all_the_time_loses_nothing(tmp_path: Path) -> None:
    """More often than any controller would."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    for tick in range(90):
        output.set_effort(tick % 3)
        output.sound(sound(tick))
        output.picture(picture(tick // 2 * 2), tick, changed=tick % 2 == 0)
    output.close()
    finish(path)
    shown = [tick_of(av.VideoFrame.from_ndarray(one, format="yuv420p")) for one in decoded(path)]
    assert shown == [tick // 2 * 2 for tick in range(90)]


def test_a_level_that_cannot_be_had_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No memory for another encoder: the one there is goes on, every picture is there; the next try works."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    tried: list[int] = []

    def once(settings: OutputSettings, effort: Effort, number: int) -> Encoder:
        tried.append(number)
        if len(tried) == 1:
            raise OutputError("There is no memory.")
        return open_x264(settings, effort, number)

    monkeypatch.setattr("mixer.output.picture_encoder.open_x264", once)
    for tick in range(120):
        if tick in (40, 80):
            output.set_effort(tick // 40)
        output.sound(sound(tick))
        output.picture(picture(tick), tick)
    output.close()
    assert tried == [1, 2]
    assert [tick_of(av.VideoFrame.from_ndarray(one, format="yuv420p")) for one in decoded(path)] == list(range(120))


def test_a_change_of_level_is_no_way_past_the_ceiling(tmp_path: Path) -> None:
    """Noise, and another encoder every 1.6 s: no two seconds have more than the first had, and a bit."""
    settings = OutputSettings(width=320, height=180, max_bitrate_kbps=1000)
    rng = np.random.default_rng(0)
    noise = [np.clip(rng.normal(120, 25, (270, 320)), 16, 235).astype(np.uint8) for _ in range(30)]
    sizes: list[int] = []
    encoder = PictureEncoder(settings, 1)
    for tick in range(360):
        encoder.set_effort(tick // 48 % 2)
        frame = av.VideoFrame.from_ndarray(noise[tick % 30], format="yuv420p")
        sizes += [len(one.data) for one in encoder.encode(frame, tick, keyframe=tick % 24 == 0)]
    most = max(sum(sizes[start : start + 60]) * 8 / 2000 for start in range(60, 300))
    assert most < 1.25 * 1000


@pytest.mark.parametrize("preset", ["ultrafast", "superfast", "faster", "medium"])
def test_every_preset_has_something_to_give(tmp_path: Path, preset: str) -> None:
    """From any preset there is at least one step down, and every step can be taken, the last one too."""
    path = tmp_path / "a.mp4"
    output = Output(path, OutputSettings(width=320, height=180, preset=preset))
    assert output.efforts >= 2
    for tick in range(24 * output.efforts):
        output.set_effort(tick // 24)
        output.picture(picture(tick), tick)
    with pytest.raises(ValueError, match="no level"):
        output.set_effort(output.efforts)
    output.close()
    assert ticks_in(path) == list(range(24 * output.efforts))


def test_a_cheaper_level_is_cheaper(tmp_path: Path) -> None:
    """The last level takes clearly less processor time than the first."""
    frames = [av.VideoFrame.from_ndarray(textured(seed, 1280, 720), format="yuv420p") for seed in range(4)]
    spent_s = {False: float("inf"), True: float("inf")}
    for turn in range(3):
        for last in (False, True):
            output = Output(tmp_path / f"{turn}{last}.mp4", OutputSettings(width=1280, height=720))
            output.set_effort(output.efforts - 1 if last else 0)
            output.picture(frames[3], 0)  # what has been set holds from the next group on
            before_s = time.process_time()
            for tick in range(1, 12):
                output.picture(frames[tick % 4], tick)
            spent_s[last] = min(spent_s[last], time.process_time() - before_s)
            output.close()
    assert spent_s[True] < 0.9 * spent_s[False]


@pytest.mark.needs("ffprobe")
@pytest.mark.parametrize("finished", [False, True])
def test_ffprobe_has_no_complaint_about_stills_and_efforts(tmp_path: Path, finished: bool) -> None:
    """FFmpeg decodes all of it without a word."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    for tick in range(150):
        output.set_effort(tick // 30 % output.efforts)
        output.sound(sound(tick))
        output.picture(picture(tick // 3), tick, changed=tick % 3 == 0)
    output.close()
    if finished:
        finish(path)
    probe = ["ffprobe", "-v", "warning", "-show_streams", "-show_frames", "-count_frames", "-select_streams", "v"]
    result = subprocess.run([*probe, str(path)], capture_output=True, text=True, check=True)
    assert result.stderr == ""
    assert "nb_read_frames=150" in result.stdout


def test_seeking_lands_on_the_picture(tmp_path: Path) -> None:
    """From a keyframe on, stills lead to the same picture as from the beginning."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    for tick in range(120):
        output.picture(picture(tick // 4), tick, changed=tick % 4 == 0)
    output.close()
    finish(path)
    whole = decoded(path)
    with av.open(str(path)) as container:
        track = container.streams.video[0]
        assert track.time_base is not None
        for tick in (3, 17, 36, 58, 90, 118):
            container.seek(round(tick / FPS / track.time_base), stream=track)
            frame = next(f for f in container.decode(track) if round((f.time or 0) * FPS) == tick)
            assert np.array_equal(frame.to_ndarray(), whole[tick])


def test_bits_are_read_as_they_are_written() -> None:
    """Fields of every kind, and payloads that look like start codes."""
    writer = BitWriter()
    for value in (0, 1, 2, 7, 8, 8159, 255):
        writer.ue(value)
    writer.u(5, 3)
    reader = BitReader(writer.payload())
    assert [reader.ue() for _ in range(7)] == [0, 1, 2, 7, 8, 8159, 255]
    assert reader.u(5) == 3
    for payload in (b"\0\0\0\0\0\1", b"\0\0\3\0\0\3\0\0\2", b"\1\0\0\0\0\0\0\4"):
        assert unescaped(escaped(payload)) == payload
        assert not any(code in escaped(payload) for code in (b"\0\0\0", b"\0\0\1", b"\0\0\2"))


def test_feeding_without_telling_is_as_before(tmp_path: Path) -> None:
    """Whoever does not say what changed gets every picture encoded."""
    output = Output(tmp_path / "a.mp4", SMALL)
    feed(output, range(60))
    output.close()
    assert ticks_in(tmp_path / "a.mp4") == list(range(60))
