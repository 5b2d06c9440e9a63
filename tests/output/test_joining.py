"""Parts of one recording become one file: nothing of either is missing, and nothing is encoded again."""

import errno
import json
import os
import random
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

import mixer.mp4.join as joining
from mixer.errors import OutputFull, UnreadableFile
from mixer.mp4.box import boxes
from mixer.mp4.finish import finish, recorded_ns
from mixer.mp4.join import Joining
from mixer.output.output import Output
from mixer.output.settings import OutputSettings
from tests.output.known_media import (
    FLASH_AT,
    FPS,
    PER_TICK,
    RATE,
    SMALL,
    is_flash,
    picture,
    sound,
    sound_in,
    tick_of,
    ticks_in,
)

SECOND = 1_000_000_000
FIRST, LATER = 75, 90  # ticks
OFFSET = 1200  # what the pictures of a later part say is so much more
HALF_BLOCK_S = 512 / RATE


def write_part(path: Path, ticks: int, offset: int = 0, settings: OutputSettings = SMALL) -> Path:
    """Pictures that say their tick and `offset`; a flash and a beep each second of the part."""
    output = Output(path, settings)
    for tick in range(ticks):
        output.sound(sound(tick))
        output.picture(picture(tick + offset), tick)
    output.close()
    return path


def join(first: Path, *later: Path) -> None:
    with Joining(first) as whole:
        for number, path in enumerate(later, start=2):
            assert whole.append(number, path)
    finish(first, whole.index)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    folder = tmp_path_factory.mktemp("parts")
    first, later = write_part(folder / "1.mp4", FIRST), write_part(folder / "2.mp4", LATER, OFFSET)
    return first.read_bytes(), later.read_bytes()


def pictures_in(path: Path) -> list[tuple[float, int, bool]]:
    """Time, tick and whether it flashes."""
    with av.open(str(path)) as container:
        return [(float(f.time or 0), tick_of(f), is_flash(f)) for f in container.decode(video=0)]


def assert_whole(path: Path, first_ticks: int, later_ticks: int, *, cut: bool = False) -> None:
    """Every picture in its place, as much sound as that lasts, each beep with its flash. Where the end was `cut` off,
    sound may end two blocks before the pictures."""
    found = pictures_in(path)
    assert [tick for _, tick, _ in found] == [*range(first_ticks), *range(OFFSET, OFFSET + later_ticks)]
    assert [time * FPS for time, _, _ in found] == pytest.approx(list(range(first_ticks + later_ticks)), abs=0.001)
    begin, left = sound_in(path)
    assert begin == 0
    assert (-2048 if cut else 0) <= len(left) - (first_ticks + later_ticks) * PER_TICK < 2048
    with av.open(str(path)) as container:
        blocks = [frame.pts for frame in container.decode(audio=0)]
    assert {after - before for before, after in pairwise(blocks)} == {1024}  # type: ignore[operator]
    loud = np.abs(left) > 0.1
    beeps = [i / RATE for i in np.flatnonzero(loud) if not loud[max(0, i - RATE // 4) : i].any()]
    flashes = [time for time, _, flash in found if flash]
    ends = (first_ticks / FPS, (first_ticks + later_ticks) / FPS)
    if cut:  # the flash of a beep may be cut off, where sound ran ahead
        beeps = [beep for beep in beeps if not any(abs(beep - end) < 0.05 for end in ends)]
        flashes = [flash for flash in flashes if not any(abs(flash - end) < 0.05 for end in ends)]
    assert beeps == pytest.approx(flashes, abs=HALF_BLOCK_S + 0.002)


def complaints(path: Path) -> str:
    """Of FFmpeg, decoding all of it."""
    run = ["ffmpeg", "-v", "warning", "-xerror", "-i", str(path), "-f", "null", "-"]
    return subprocess.run(run, capture_output=True, text=True, check=False).stderr


@pytest.mark.needs("ffmpeg")
def test_two_parts_are_one_file(parts: tuple[bytes, bytes], tmp_path: Path) -> None:
    """Constant rate over the join, sound without a hole, one title, one duration, no complaint."""
    first, later = tmp_path / "1.mp4", tmp_path / "2.mp4"
    first.write_bytes(parts[0])
    later.write_bytes(parts[1])
    join(first, later)
    assert_whole(first, FIRST, LATER)
    assert complaints(first) == ""
    assert recorded_ns(first) == (FIRST + LATER) * SECOND // FPS
    assert later.read_bytes() == parts[1]


@pytest.mark.needs("ffmpeg")
def test_what_is_joined_plays_before_it_is_finished(parts: tuple[bytes, bytes], tmp_path: Path) -> None:
    """Fragments of both, one time line."""
    first, later = tmp_path / "1.mp4", tmp_path / "2.mp4"
    first.write_bytes(parts[0])
    later.write_bytes(parts[1])
    with Joining(first) as whole:
        whole.append(2, later)
    assert_whole(first, FIRST, LATER)
    assert complaints(first) == ""


def cuts(data: bytes) -> list[int]:
    """Around the ends of fragments, and anywhere."""
    ends = [box.end for box in boxes(data) if box.kind == b"mdat"]
    near = {end + by for end, by in zip(ends, (0, 9, -1, 0, 0), strict=False)}
    return sorted({*near, *random.Random(7).sample(range(ends[0], len(data)), 4)} & {*range(ends[0], len(data))})


def whole_ticks(path: Path) -> int:
    """How many pictures lie in whole fragments."""
    copy = path.with_suffix(".copy")
    copy.write_bytes(path.read_bytes())
    finish(copy)
    return len(ticks_in(copy))


@pytest.mark.long
def test_parts_that_were_cut_off_anywhere(parts: tuple[bytes, bytes], tmp_path: Path) -> None:
    """As kill -9 leaves them: what was whole of both is there, together and in time."""
    first, later = tmp_path / "1.mp4", tmp_path / "2.mp4"
    places = cuts(parts[1])
    for number, cut in enumerate(cuts(parts[0])):
        first.write_bytes(parts[0][:cut])
        later.write_bytes(parts[1][: places[number % len(places)]])
        wanted = [whole_ticks(path) for path in (first, later)]
        join(first, later)
        assert_whole(first, *wanted, cut=True)


@pytest.mark.needs("ffmpeg")
def test_sound_that_ends_early_is_filled_up_with_silence(parts: tuple[bytes, bytes], tmp_path: Path) -> None:
    """Half a second is missing of the earlier part's sound: silent blocks, which every decoder takes, and no shift."""
    first, later = tmp_path / "1.mp4", tmp_path / "2.mp4"
    later.write_bytes(parts[1])
    output = Output(first, SMALL)
    for tick in range(FIRST):
        if tick < FIRST - 15:
            output.sound(sound(tick))
        output.picture(picture(tick), tick)
    output.close()
    join(first, later)
    assert_whole(first, FIRST, LATER)
    assert complaints(first) == ""
    _, left = sound_in(first)
    assert np.abs(left[(FIRST - 13) * PER_TICK : FIRST * PER_TICK]).max() < 0.001


@pytest.mark.long
def test_a_recording_in_many_parts(tmp_path: Path) -> None:
    """Skew does not add up: each join is measured from the beginning."""
    paths = [write_part(tmp_path / f"{number}.mp4", 31 + number, 64 * number) for number in range(7)]
    join(paths[0], *paths[1:])
    found = pictures_in(paths[0])
    assert [tick for _, tick, _ in found] == [64 * n + tick for n in range(7) for tick in range(31 + n)]
    assert [time * FPS for time, _, _ in found] == pytest.approx(list(range(len(found))), abs=0.001)
    _, left = sound_in(paths[0])
    loud = np.abs(left) > 0.1
    beeps = [i / RATE for i in np.flatnonzero(loud) if not loud[max(0, i - RATE // 4) : i].any()]
    starts = np.cumsum([0, *(31 + n for n in range(6))])
    assert beeps == pytest.approx([(start + FLASH_AT) / FPS for start in starts], abs=0.05)


@pytest.mark.needs("ffmpeg")
@pytest.mark.parametrize("ticks", [1, 2, 6])
def test_parts_of_a_picture_or_two(tmp_path: Path, ticks: int) -> None:
    """Keyframe follows on keyframe, and both are seen."""
    first, later = write_part(tmp_path / "1.mp4", ticks), write_part(tmp_path / "2.mp4", ticks, OFFSET)
    join(first, later)
    assert ticks_in(first) == [*range(ticks), *range(OFFSET, OFFSET + ticks)]
    assert complaints(first) == ""


class _Killed(BaseException):
    """Stands for SIGKILL: nothing gets to clean up."""


class _Disk:
    """Lets so many calls that change a file through; then it is full, or the process is dead. A write may stop half
    way."""

    def __init__(self, survives: int, share: float, end: BaseException) -> None:
        self._left = survives
        self._share = share
        self._end = end
        self._over = False

    def write(self, descriptor: int, data: memoryview) -> int:
        if self._left == 0 and not self._over:
            os.write(descriptor, data[: int(len(data) * self._share)])
        self._step()
        return os.write(descriptor, data)

    def pwrite(self, descriptor: int, data: bytes, offset: int) -> int:
        self._step()
        return os.pwrite(descriptor, data, offset)

    def fsync(self, descriptor: int) -> None:
        self._step()

    def ftruncate(self, descriptor: int, length: int) -> None:
        if isinstance(self._end, _Killed):
            self._step()
        os.ftruncate(descriptor, length)

    def _step(self) -> None:
        if self._over or self._left == 0:
            self._over = True
            raise self._end
        self._left -= 1

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_killed_at_each_step_of_joining(
    parts: tuple[bytes, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    """At every step the file plays what it held or all of it; joining again gives what an undisturbed join gives."""
    first, later = tmp_path / "1.mp4", tmp_path / "2.mp4"
    torn = parts[0][:-100]
    later.write_bytes(parts[1])
    first.write_bytes(torn)
    torn_shows = ticks_in(first)  # of the last fragment what is not cut off, too
    join(first, later)
    undisturbed, together = first.read_bytes(), ticks_in(first)
    held = [tick for tick in together if tick < FIRST]
    steps = 0
    while True:
        first.write_bytes(torn)
        disk = _Disk(steps, share, _Killed())
        with monkeypatch.context() as patch:
            patch.setattr(joining, "os", disk)
            patch.setattr("mixer.mp4.disk.os", disk)
            try:
                join(first, later)
                break
            except _Killed:
                pass
        assert ticks_in(first) in (torn_shows, held, together)
        join(first, later)
        assert first.read_bytes() == undisturbed
        steps += 1
    assert steps >= 8


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_disk_that_fills_while_joining(
    parts: tuple[bytes, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    """A sentence; both parts are as they were, and can be joined when there is room."""
    first, later = tmp_path / "1.mp4", tmp_path / "2.mp4"
    for steps in range(5):
        first.write_bytes(parts[0])
        later.write_bytes(parts[1])
        with monkeypatch.context() as patch:
            patch.setattr("mixer.mp4.disk.os", _Disk(steps, share, OSError(errno.ENOSPC, "No space left on device")))
            with Joining(first) as whole, pytest.raises(OutputFull, match="no room left"):
                whole.append(2, later)
        assert first.read_bytes() == parts[0]
        assert later.read_bytes() == parts[1]
        finish(first, whole.index)
        assert ticks_in(first) == list(range(FIRST))
    first.write_bytes(parts[0])
    join(first, later)
    assert_whole(first, FIRST, LATER)


def test_parts_that_are_encoded_in_another_way(parts: tuple[bytes, bytes], tmp_path: Path) -> None:
    """Another size, rate or bitrate of the sound: nothing is done, and that is said."""
    first = tmp_path / "1.mp4"
    first.write_bytes(parts[0])
    for number, other in enumerate((replace(SMALL, width=640, height=360), replace(SMALL, fps=25))):
        later = tmp_path / f"other-{number}.mp4"
        output = Output(later, other)
        for tick in range(30):
            output.sound(np.zeros((2, RATE // other.fps), np.float32))
            output.picture(av.VideoFrame(other.width, other.height, "yuv420p"), tick)
        output.close()
        with Joining(first) as whole:
            assert not whole.append(2, later)
    assert first.read_bytes() == parts[0]


def test_what_cannot_be_joined(parts: tuple[bytes, bytes], tmp_path: Path) -> None:
    """Nothing to show, finished already, no recording: a sentence, and nothing is changed."""
    first, later = tmp_path / "1.mp4", tmp_path / "2.mp4"
    first.write_bytes(parts[0])
    for data in (b"", b"no recording", parts[1][:1500]):
        later.write_bytes(data)
        with Joining(first) as whole, pytest.raises(UnreadableFile):
            whole.append(2, later)
    assert first.read_bytes() == parts[0]
    finish(first)
    with pytest.raises(UnreadableFile, match="finished already"):
        Joining(first)


@pytest.mark.needs("ffprobe")
def test_ffprobe_sees_one_recording(parts: tuple[bytes, bytes], tmp_path: Path) -> None:
    """Two tracks of equal length, every picture counted."""
    first, later = tmp_path / "1.mp4", tmp_path / "2.mp4"
    first.write_bytes(parts[0])
    later.write_bytes(parts[1])
    join(first, later)
    probe = ["ffprobe", "-v", "warning", "-show_streams", "-show_format", "-count_frames", "-of", "json", str(first)]
    result = subprocess.run(probe, capture_output=True, text=True, check=True)
    found = json.loads(result.stdout)
    assert result.stderr == ""
    assert found["streams"][0]["nb_read_frames"] == str(FIRST + LATER)
    assert [float(one["duration"]) for one in found["streams"]] == pytest.approx([(FIRST + LATER) / FPS] * 2, abs=0.001)
    assert found["format"]["tags"]["title"] == "Known media"
