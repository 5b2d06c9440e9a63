"""What comes out of the output: read back by FFmpeg, which knows nothing of us."""

import json
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest

from mixer.errors import OutputError, OutputUnwritable
from mixer.mp4.finish import finish
from mixer.output.output import Output
from mixer.output.settings import OutputSettings
from tests.output.known_media import (
    FLASH_AT,
    FPS,
    RATE,
    SMALL,
    feed,
    is_flash,
    picture,
    sound,
    sound_in,
    ticks_in,
    write,
)


@pytest.mark.parametrize("finished", [False, True])
def test_every_picture_is_there_at_its_time(tmp_path: Path, finished: bool) -> None:
    """Constant 30 fps from time 0, each picture the one that was put in."""
    path = tmp_path / "a.mp4"
    write(path, 100)
    if finished:
        finish(path)
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    assert ticks_in(path) == list(range(100))
    assert [round((frame.time or 0) * FPS, 3) for frame in frames] == list(range(100))


@pytest.mark.parametrize("finished", [False, True])
def test_flash_and_beep_coincide(tmp_path: Path, finished: bool) -> None:
    """The beep starts within 1 ms of the picture that flashes, all along the file."""
    path = tmp_path / "a.mp4"
    write(path, 150)
    if finished:
        finish(path)
    with av.open(str(path)) as container:
        flashes = [float(frame.time or 0) for frame in container.decode(video=0) if is_flash(frame)]
    begin, left = sound_in(path)
    loud = np.abs(left) > 0.1
    starts = [i for i in np.flatnonzero(loud) if not loud[max(0, i - RATE // 4) : i].any()]
    beeps = [begin + start / RATE for start in starts]
    assert flashes == pytest.approx([(second * 30 + FLASH_AT) / 30 for second in range(5)])
    assert beeps == pytest.approx(flashes, abs=0.001)


def test_fragments_are_short_and_begin_with_the_only_keyframe(tmp_path: Path) -> None:
    """The first fragment holds 5 pictures, each later one twice as many as the one before, up to 24: a second is the
    most that can be lost."""
    path = tmp_path / "a.mp4"
    write(path, 5 + 10 + 20 + 24)
    with av.open(str(path)) as container:
        keys = [
            round((packet.pts or 0) * packet.time_base * FPS)
            for packet in container.demux(video=0)
            if packet.size and packet.is_keyframe
        ]
    assert keys == [0, 5, 15, 35]


def test_first_picture_is_in_the_file_soon(tmp_path: Path) -> None:
    """After 9 ticks the first fragment can be played by somebody else."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    feed(output, range(9))
    assert ticks_in(path) == [0, 1, 2, 3, 4]
    assert output.written_ns == round(5e9 / FPS)
    output.close()


def test_loss_is_bounded_at_every_tick(tmp_path: Path) -> None:
    """Whenever the process dies, what was put in and is not in the file is less than a second."""
    output = Output(tmp_path / "a.mp4", SMALL)
    worst_s = 0.0
    for tick in range(200):
        output.sound(sound(tick))
        output.picture(picture(tick), tick)
        worst_s = max(worst_s, (tick + 1) / FPS - output.written_ns / 1e9)
    output.close()
    assert worst_s < 1.0


@pytest.mark.parametrize("preset", ["ultrafast", "veryfast", "medium"])
def test_every_preset_keeps_the_bound(tmp_path: Path, preset: str) -> None:
    """A slower preset may not look further ahead than the recording can afford to lose."""
    settings = OutputSettings(width=320, height=180, preset=preset)
    output = Output(tmp_path / "a.mp4", settings)
    worst_s = 0.0
    for tick in range(60):
        output.sound(sound(tick))
        output.picture(picture(tick), tick)
        worst_s = max(worst_s, (tick + 1) / FPS - output.written_ns / 1e9)
    output.close()
    assert worst_s < 1.0
    assert ticks_in(tmp_path / "a.mp4") == list(range(60))


@pytest.mark.parametrize("fps", [5, 15, 25, 60])
def test_every_rate_keeps_the_bound(tmp_path: Path, fps: int) -> None:
    """Few pictures a second make for shorter fragments, not for a larger loss; the rate is constant all the same."""
    path = tmp_path / "a.mp4"
    output = Output(path, OutputSettings(width=320, height=180, fps=fps))
    worst_s = 0.0
    for tick in range(fps * 3):
        output.sound(np.zeros((2, RATE // fps), np.float32))
        output.picture(picture(tick), tick)
        worst_s = max(worst_s, (tick + 1) / fps - output.written_ns / 1e9)
    output.close()
    finished = finish(path)
    assert worst_s < 1.0
    assert finished.duration_ns == 3_000_000_000
    with av.open(str(path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([tick / fps for tick in range(fps * 3)], abs=1e-6)


def test_left_out_ticks_leave_the_others_in_place(tmp_path: Path) -> None:
    """With pictures left out under load the rest keep their time, in the finished file too."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    shown = [tick for tick in range(120) if not 40 <= tick < 80 or tick % 3 == 0]
    for tick in range(120):
        output.sound(sound(tick))
        if tick in shown:
            output.picture(picture(tick), tick)
    output.close()
    finish(path)
    with av.open(str(path)) as container:
        times = [round((frame.time or 0) * FPS, 3) for frame in container.decode(video=0)]
    assert times == shown
    assert ticks_in(path) == shown


def test_sound_without_pictures_is_written_all_the_same(tmp_path: Path) -> None:
    """Pictures that stop coming do not make sound pile up in memory."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    feed(output, range(10))
    for tick in range(10, 200):
        output.sound(sound(tick))
    assert output.fragments > 2
    output.close()
    _, left = sound_in(path)
    assert abs(len(left) / RATE - 200 / FPS) < 0.1


def test_odd_blocks_of_sound_join_seamlessly(tmp_path: Path) -> None:
    """A tone cut into blocks of any length comes out as one tone."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE * 2) / RATE)).astype(np.float32)
    position = 0
    for tick in range(60):
        while position < (tick + 1) * 1600:
            count = min(1 + (position * 7919) % 2500, len(tone) - position)
            output.sound(np.stack([tone[position : position + count]] * 2))
            position += count
        output.picture(picture(tick), tick)
    output.close()
    finish(path)
    begin, left = sound_in(path)
    assert begin == 0
    middle = slice(RATE // 10, RATE * 19 // 10)
    assert np.abs(left[middle] - tone[middle]).max() < 0.05


def test_ticks_only_go_forward(tmp_path: Path) -> None:
    """A tick twice is a mistake of the caller's that must not reach the file."""
    output = Output(tmp_path / "a.mp4", SMALL)
    feed(output, range(3))
    with pytest.raises(ValueError, match="tick 2"):
        output.picture(picture(2), 2)
    output.close()
    output.close()
    assert ticks_in(tmp_path / "a.mp4") == [0, 1, 2]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A part that exists is not touched."""
    path = tmp_path / "a.mp4"
    path.write_bytes(b"precious")
    with pytest.raises(OutputUnwritable, match=r"a\.mp4"):
        Output(path, SMALL)
    assert path.read_bytes() == b"precious"


def test_settings_that_cannot_be_encoded_leave_no_file(tmp_path: Path) -> None:
    """A bad preset is a sentence."""
    with pytest.raises(OutputError, match="sluggish"):
        Output(tmp_path / "a.mp4", OutputSettings(preset="sluggish"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.needs("ffprobe")
@pytest.mark.parametrize("finished", [False, True])
def test_ffprobe_has_no_complaint(tmp_path: Path, finished: bool) -> None:
    """High profile, BT.709 limited, square pixels, the title, the time it was made."""
    path = tmp_path / "a.mp4"
    write(path, 90)
    if finished:
        finish(path)
    probe = ["ffprobe", "-v", "warning", "-show_streams", "-show_format", "-count_frames", "-of", "json", str(path)]
    result = subprocess.run(probe, capture_output=True, text=True, check=True)
    assert result.stderr == ""
    found = json.loads(result.stdout)
    video, audio = found["streams"]
    assert (video["profile"], video["pix_fmt"], video["color_space"], video["color_range"]) == (
        "High",
        "yuv420p",
        "bt709",
        "tv",
    )
    assert (video["sample_aspect_ratio"], video["r_frame_rate"], video["nb_read_frames"]) == ("1:1", "30/1", "90")
    assert (audio["codec_name"], audio["profile"], audio["sample_rate"], audio["channels"]) == ("aac", "LC", "48000", 2)
    assert found["format"]["tags"]["title"] == "Known media"
    assert found["format"]["tags"]["creation_time"].startswith("2026-11-18T11:06:40")
    if finished:
        assert float(found["format"]["duration"]) == pytest.approx(3.0, abs=0.001)
