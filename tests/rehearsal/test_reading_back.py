"""What the reader says of a file is what was put into it: faults of known size are found, and only they."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from signaling.rehearsal.hearing import Hearing, measure_skew, read_tones
from signaling.rehearsal.picture import Scene, draw_picture
from signaling.rehearsal.reader import Viewing, read_marks
from signaling.rehearsal.rhythm import SECOND_NS
from signaling.rehearsal.sound import Samples, draw_sound

SECONDS, FPS, RATE = 4, 30, 48_000
SCENE = Scene(4, False, 320, 180, FPS)
MS = 1_000_000


def _write(
    path: Path, sound: Samples, number: Callable[[int], int | None], skip: range = range(0)
) -> tuple[Viewing, Hearing]:
    """`number` gives the frame shown at each tick, None a grey one; blocks of 20 ms in `skip` are left out."""
    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "28"})
        video.width, video.height, video.pix_fmt = SCENE.width, SCENE.height, "yuv420p"
        audio = file.add_stream("aac", rate=RATE, layout="mono")
        for tick in range(SECONDS * FPS):
            shown = number(tick)
            packed = np.full((SCENE.height * 3 // 2, SCENE.width), 128, np.uint8)
            if shown is not None:
                packed[: SCENE.height] = draw_picture(SCENE, shown)[0]
            frame = av.VideoFrame.from_ndarray(packed, format="yuv420p")
            frame.pts, frame.time_base = tick, Fraction(1, FPS)
            file.mux(video.encode(frame))
        for index in range(SECONDS * 50):
            if index in skip:
                continue
            block = av.AudioFrame.from_ndarray(
                sound[None, index * 960 : (index + 1) * 960], format="fltp", layout="mono"
            )
            block.sample_rate, block.pts, block.time_base = RATE, index * 960, Fraction(1, RATE)
            file.mux(audio.encode(block))
        file.mux(video.encode(None))
        file.mux(audio.encode(None))
    return read_marks(path), read_tones(path, [4, 5])


@pytest.fixture(scope="module")
def sound() -> Samples:
    return draw_sound(4, RATE, 0, SECONDS * RATE)


def test_a_faultless_file(tmp_path: Path, sound: Samples) -> None:
    """Every frame, the tone all the time, flash and beep together; and nothing of somebody who is not there."""
    viewing, hearing = _write(tmp_path / "whole.mp4", sound, lambda tick: tick)
    assert [one.mark.number for one in viewing.sightings[4]] == list(range(SECONDS * FPS))
    assert viewing.broken == 0
    assert viewing.freezes(4, FPS) == []
    assert [capture for _, capture in viewing.frames(4, FPS, 0)] == [n * SECOND_NS // FPS for n in range(SECONDS * FPS)]
    skew = measure_skew(viewing, hearing, 4)
    assert len(skew.skews_ns) >= SECONDS - 1
    assert abs(skew.worst_ns) < 2 * MS
    assert hearing.holes == ()
    assert hearing.silences() == []
    assert hearing.heard(4, 0, (SECONDS - 1) * SECOND_NS) == 1.0
    assert hearing.heard(5, 0, (SECONDS - 1) * SECOND_NS) == 0.0


def test_sound_that_is_late(tmp_path: Path, sound: Samples) -> None:
    """60 ms of delay are measured as such."""
    delayed = np.concatenate([np.zeros(2_880, np.float32), sound[:-2_880]])
    viewing, hearing = _write(tmp_path / "late.mp4", delayed, lambda tick: tick)
    assert {round(one / MS) for one in measure_skew(viewing, hearing, 4).skews_ns} <= {-59, -60, -61}


def test_a_freeze_an_absence_and_a_dip(tmp_path: Path, sound: Samples) -> None:
    """Half a second without a new frame, half a second without the picture, 40 ms without the tone."""
    muted = sound.copy()
    muted[2 * RATE : 2 * RATE + 1_920] = 0

    def number(tick: int) -> int | None:
        if 30 <= tick < 45:
            return 30
        return None if 60 <= tick < 75 else tick

    viewing, hearing = _write(tmp_path / "faults.mp4", muted, number)
    ((start, end),) = viewing.freezes(4, FPS)
    assert (start, end) == pytest.approx((SECOND_NS, 1.5 * SECOND_NS), abs=40 * MS)
    assert viewing.shown(4, 2 * SECOND_NS, 2_500 * MS) == []
    ((quiet, loud),) = hearing.dips(4, 0, (SECONDS - 1) * SECOND_NS)
    assert (quiet, loud) == pytest.approx((2 * SECOND_NS, 2_040 * MS), abs=10 * MS)


def test_a_hole_in_the_time_line(tmp_path: Path, sound: Samples) -> None:
    """Samples that are missing from the file are a hole of that length; what follows keeps its time."""
    viewing, hearing = _write(tmp_path / "hole.mp4", sound, lambda tick: tick, skip=range(60, 75))
    ((start, end),) = hearing.holes
    assert end - start == pytest.approx(300 * MS, abs=45 * MS)
    assert start == pytest.approx(1_200 * MS, abs=45 * MS)
    assert abs(measure_skew(viewing, hearing, 4).skews_ns[-1]) < 25 * MS


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """Text is refused with FFmpeg's own error."""
    (tmp_path / "text.mp4").write_text("not a film")
    with pytest.raises(av.error.FFmpegError):
        read_marks(tmp_path / "text.mp4")
