"""A file that ends anywhere plays up to its last whole fragment, and can be finished from there."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest

import mixer.mp4.finish as finishing
from mixer.errors import UnreadableFile
from mixer.mp4.box import boxes
from mixer.mp4.finish import finish, recorded_ns
from tests.output.known_media import FPS, ticks_in, write

TICKS = 5 + 10 + 20 + 24


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("cut") / "whole.mp4"
    write(path, TICKS)
    return path.read_bytes()


def fragment_ends(data: bytes) -> list[int]:
    return [box.end for box in boxes(data) if box.kind == b"mdat"]


def ticks_up_to(data: bytes, cut: int) -> int:
    """How many pictures lie in whole fragments before `cut`."""
    return [0, 5, 15, 35, TICKS, TICKS][sum(end <= cut for end in fragment_ends(data))]


def is_in_moof(data: bytes, cut: int) -> bool:
    return any(box.kind == b"moof" and box.start < cut < box.end + 8 for box in boxes(data))


def places(data: bytes) -> Iterator[int]:
    """Around every box's ends, in every head, and anywhere."""
    for box in boxes(data):
        yield from {box.start, box.start + 1, box.start + 7, box.payload, box.payload + 3, box.end - 1, box.end}
    yield from random.Random(4).sample(range(len(data)), 40)


def test_cut_anywhere_it_plays_and_finishes(whole: bytes, tmp_path: Path) -> None:
    """What is left after a cut is exactly the whole fragments before it, before and after finishing."""
    path = tmp_path / "cut.mp4"
    for cut in sorted(set(places(whole))):
        path.write_bytes(whole[:cut])
        expected = ticks_up_to(whole, cut)
        if not expected:
            with pytest.raises(UnreadableFile):
                finish(path)
            assert path.read_bytes() == whole[:cut]
            continue
        if not is_in_moof(whole, cut):  # FFmpeg opens no file that ends there; see the next test
            assert ticks_in(path)[:expected] == list(range(expected)), cut
        assert recorded_ns(path) >= expected * 1_000_000_000 // FPS
        finished = finish(path)
        assert ticks_in(path) == list(range(expected)), cut
        assert finished.size == path.stat().st_size
        assert finished.cut == cut - max(end for end in fragment_ends(whole) if end <= cut)


def test_killed_while_a_fragment_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that SIGKILL cuts off anywhere leaves a file that opens and plays up to the fragment before."""
    path = tmp_path / "a.mp4"
    writing = _Disk(10**9, 0)
    monkeypatch.setattr("mixer.mp4.disk.os", writing)
    states: list[bytes] = []
    writing.before_write = lambda data: states.append(path.read_bytes() + bytes(data))
    write(path, 59)
    before = 0
    for number, state in enumerate(states):
        for cut in sorted({before, before + 1, before + 8, *range(before, len(state), max(1, len(state) // 40))}):
            (tmp_path / "cut.mp4").write_bytes(state[:cut])
            expected = [0, 0, 5, 15, 35][number]
            if expected:
                assert ticks_in(tmp_path / "cut.mp4") == list(range(expected))
        before = len(state)
    assert len(states) == 5


@pytest.mark.parametrize("zeros_from", [0.05, 0.3, 0.6, 0.95])
def test_zeros_after_a_power_cut(whole: bytes, tmp_path: Path, zeros_from: float) -> None:
    """A file that is long enough but whose end never reached the disk is finished up to where it did."""
    path = tmp_path / "zeros.mp4"
    kept = int(len(whole) * zeros_from)
    path.write_bytes(whole[:kept] + bytes(len(whole) - kept))
    expected = ticks_up_to(whole, kept)
    if expected:
        finish(path)
        assert ticks_in(path) == list(range(expected))
    else:
        with pytest.raises(UnreadableFile):
            finish(path)


@pytest.mark.parametrize("garbage", [b"", b"\0" * 100, b"GIF89a" + bytes(50), os.urandom(3000)])
def test_what_is_no_recording_stays_untouched(tmp_path: Path, garbage: bytes) -> None:
    """Finishing something else says so and changes nothing."""
    path = tmp_path / "x.mp4"
    path.write_bytes(garbage)
    with pytest.raises(UnreadableFile):
        finish(path)
    assert path.read_bytes() == garbage


class _Killed(BaseException):
    """Stands for SIGKILL: nothing gets to clean up."""


class _Disk:
    """Lets so many calls that change a file through, then the process is dead. A write may stop half way."""

    def __init__(self, survives: int, share: float) -> None:
        self._left = survives
        self._share = share
        self._dead = False
        self.before_write: Callable[[memoryview], None] = lambda data: None

    def write(self, descriptor: int, data: memoryview) -> int:
        self.before_write(data)
        self._step(lambda: os.write(descriptor, data[: int(len(data) * self._share)]))
        return os.write(descriptor, data)

    def pwrite(self, descriptor: int, data: bytes, offset: int) -> int:
        self._step(lambda: None)  # 16 bytes in one sector: all or nothing
        return os.pwrite(descriptor, data, offset)

    def ftruncate(self, descriptor: int, length: int) -> None:
        self._step(lambda: None)
        os.ftruncate(descriptor, length)

    def fsync(self, descriptor: int) -> None:
        self._step(lambda: None)

    def _step(self, last_gasp: Callable[[], object]) -> None:
        if self._dead or self._left == 0:
            if not self._dead:
                last_gasp()
            self._dead = True
            raise _Killed
        self._left -= 1

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
@pytest.mark.parametrize("torn", [0, 17])
def test_killed_at_each_step_of_finishing(
    whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float, torn: int
) -> None:
    """At every step the file plays to the same end, and finishing again gives what an undisturbed finish gives."""
    undisturbed = tmp_path / "undisturbed.mp4"
    start = whole[: len(whole) - torn]
    undisturbed.write_bytes(start)
    finish(undisturbed)
    expected = ticks_up_to(whole, len(start))
    steps = 0
    while True:
        path = tmp_path / f"killed-{steps}.mp4"
        path.write_bytes(start)
        disk = _Disk(steps, share)
        with monkeypatch.context() as patch:
            patch.setattr(finishing, "os", disk)
            patch.setattr("mixer.mp4.disk.os", disk)
            try:
                finish(path)
                survived = True
            except _Killed:
                survived = False
        assert ticks_in(path)[:expected] == list(range(expected))
        finish(path)
        assert path.read_bytes() == undisturbed.read_bytes()
        if survived:
            break
        steps += 1
    assert steps >= 4


def test_finishing_twice_changes_nothing(whole: bytes, tmp_path: Path) -> None:
    """A finished file is finished."""
    path = tmp_path / "a.mp4"
    path.write_bytes(whole)
    first = finish(path)
    data = path.read_bytes()
    again = finish(path)
    assert (again.duration_ns, again.size) == (first.duration_ns, first.size)
    assert path.read_bytes() == data


def test_index_of_the_writer_and_of_the_file_agree(tmp_path: Path) -> None:
    """Finishing by what the writer remembers and by going through the file gives the same bytes."""
    by_index, by_scan = tmp_path / "index.mp4", tmp_path / "scan.mp4"
    output = write(by_index, TICKS)
    by_scan.write_bytes(by_index.read_bytes())
    finish(by_index, output.index)
    finish(by_scan)
    assert by_index.read_bytes() == by_scan.read_bytes()


def test_seeking_is_exact(whole: bytes, tmp_path: Path) -> None:
    """From any time, the picture of that time is found by way of the keyframe before it."""
    path = tmp_path / "a.mp4"
    path.write_bytes(whole)
    finish(path)
    with av.open(str(path)) as container:
        track = container.streams.video[0]
        assert track.time_base is not None
        for tick in (0, 4, 5, 14, 15, 30, 35, 58):
            container.seek(round(tick / FPS / track.time_base), stream=track)
            first = next(container.decode(track))
            assert first.key_frame
            assert round((first.time or 0) * FPS) == max(key for key in (0, 5, 15, 35) if key <= tick)
