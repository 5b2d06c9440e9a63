"""Disks that fill up and processes that die while a file is written."""

import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from mixer.errors import OutputFull, OutputUnwritable
from mixer.mp4.finish import finish
from mixer.output.output import Output
from tests.output.known_media import FPS, SMALL, feed, picture, sound, ticks_in

_LIMITED_WRITER = """
import resource, signal, sys
from pathlib import Path
from mixer.errors import OutputFull
from mixer.output.output import Output
from tests.output.known_media import SMALL, picture, sound
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
output = Output(Path(sys.argv[1]), SMALL)
try:
    for tick in range(2000):
        output.sound(sound(tick)); output.picture(picture(tick), tick)
except OutputFull as error:
    first = str(error)
    try:
        output.sound(sound(0))
    except OutputFull as again:
        assert str(again) == first
    output.close(); output.close()
    print(output.written_ns, output.bytes_written, error)
else:
    sys.exit("never full")
"""


def test_full_disk_ends_in_order(tmp_path: Path) -> None:
    """The error says so in a sentence; the file ends with a whole fragment, plays, and says how long it is."""
    path = tmp_path / "a.mp4"
    run = [sys.executable, "-c", _LIMITED_WRITER, str(path), "60000"]
    result = subprocess.run(run, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert result.returncode == 0, result.stderr
    written_ns, size, *message = result.stdout.split(maxsplit=2)
    assert "no room left" in message[0]
    assert path.stat().st_size == int(size) < 60_000
    shown = ticks_in(path)
    assert shown == list(range(len(shown)))
    assert len(shown) == round(int(written_ns) * FPS / 1e9) > 24


def test_disk_that_is_full_from_the_start(tmp_path: Path) -> None:
    """Nothing is left behind when not even the head fits, and the message names the file."""
    opening = _LIMITED_WRITER.split("try:", maxsplit=1)[0]
    run = [sys.executable, "-c", opening, str(tmp_path / "a.mp4"), "100"]
    result = subprocess.run(run, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert "OutputFull" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    """A path that cannot be created is a sentence."""
    with pytest.raises(OutputUnwritable, match="cannot be written"):
        Output(tmp_path / "missing" / "a.mp4", SMALL)


def test_finishing_on_a_full_disk_keeps_the_recording(tmp_path: Path) -> None:
    """Without room for the tables the file stays what it was; with room it is finished later."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    feed(output, range(60))
    output.close()
    before = path.read_bytes()
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 100, limits[1]))
        with pytest.raises(OutputFull):
            finish(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == before
    finish(path)
    assert ticks_in(path) == list(range(60))


def _write_in_real_time(path: str, told: Connection) -> None:
    output = Output(Path(path), SMALL)
    begin = time.monotonic()
    for tick in range(10_000):
        time.sleep(max(0.0, begin + tick / (4 * FPS) - time.monotonic()))  # four times real time
        output.sound(sound(tick))
        output.picture(picture(tick), tick)
        told.send_bytes(tick.to_bytes(4, "big"))


def test_closing_waits_for_the_last_bytes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow disk is still busy with the fragment before: what came after that is forced onto it as well."""
    output = Output(tmp_path / "a.mp4", SMALL)
    begun, goes_on = threading.Event(), threading.Event()
    sizes: list[int] = []
    sync = os.fdatasync

    def slow(descriptor: int) -> None:
        sizes.append(os.fstat(descriptor).st_size)
        begun.set()
        goes_on.wait(10)
        sync(descriptor)

    monkeypatch.setattr("mixer.mp4.disk.os.fdatasync", slow)
    feed(output, range(20))
    assert begun.wait(10)
    feed(output, range(20, 60))
    threading.Timer(0.1, goes_on.set).start()
    output.close()
    assert sizes[-1] == output.bytes_written > sizes[0]


@pytest.mark.long
def test_killed_at_random_moments(tmp_path: Path) -> None:
    """kill -9, ten times: what was put in more than a second of media before is in the file and plays."""
    context = multiprocessing.get_context("spawn")
    moments = random.Random(9)
    for attempt in range(10):
        path = tmp_path / f"{attempt}.mp4"
        ours, theirs = context.Pipe(duplex=False)
        writer = context.Process(target=_write_in_real_time, args=(str(path), theirs))
        writer.start()
        theirs.close()
        last = -1
        until = FPS + moments.randrange(120)
        while last < until:
            last = int.from_bytes(ours.recv_bytes(), "big")
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        try:
            while ours.poll():
                last = int.from_bytes(ours.recv_bytes(), "big")
        except EOFError:
            pass
        shown = ticks_in(path)
        assert shown == list(range(len(shown)))
        assert (last + 1 - len(shown)) / FPS <= 1.0
        finish(path)
        assert ticks_in(path) == shown
