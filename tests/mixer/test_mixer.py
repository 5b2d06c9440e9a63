"""The mixer in real time, into a real file."""

import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mixer.errors import OutputFull
from mixer.frame import Codec
from mixer.layout.tile import Rect
from mixer.mixer import Mixer
from mixer.output.output import Output
from mixer.output.settings import OutputSettings
from mixer.playout import playout_delay_ns
from mixer.settings import LayoutName, MixSettings
from mixer.source import Source, SourceKind
from tests.mixer.clips import AT_ONCE, BLUE, GREEN, RED, Asked, encode, frames, is_shown_as, pixel

SECOND = 1_000_000_000
MS = 1_000_000
SMALL = MixSettings(width=320, height=180, playout_delay_ns=400 * MS, **AT_ONCE)  # type: ignore[arg-type]


class Kept:
    """A file that keeps ticks and sample counts in memory, and can be slow or fail."""

    def __init__(self, *, slow_s: float = 0, fails_at: int | None = None) -> None:
        self.ticks: list[int] = []
        self.samples = 0
        self.closed = 0
        self.threads: set[str] = set()
        self.efforts = 3
        self.efforts_set: list[int] = []
        self._slow_s = slow_s
        self._fails_at = fails_at

    def set_effort(self, level: int) -> None:
        self.efforts_set.append(level)

    def picture(
        self, frame: av.VideoFrame, tick: int, *, changed: bool = True, within: Sequence[Rect] | None = None
    ) -> None:
        self.threads.add(threading.current_thread().name)
        time.sleep(self._slow_s)
        if tick == self._fails_at:
            raise OutputFull("The disk is full; make room and record again.")
        self.ticks.append(tick)

    def sound(self, samples: NDArray[np.float32]) -> None:
        self.samples += samples.shape[1]

    def close(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.closed += 1


class Burdened(Output):
    """A real file on a machine that takes so much longer for every picture that is new."""

    burden_s = 0.0

    def picture(
        self, frame: av.VideoFrame, tick: int, *, changed: bool = True, within: Sequence[Rect] | None = None
    ) -> None:
        super().picture(frame, tick, changed=changed, within=within)
        time.sleep(self.burden_s if changed else 0)


def mixer_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name in {"mix", "output"} or t.name.startswith("decode")]


def test_the_playout_delay_grows_from_little_to_full() -> None:
    """0.4 s at first, a tenth of the time more, never beyond the target, never backwards in time."""
    assert playout_delay_ns(0, SECOND) == 400 * MS
    assert playout_delay_ns(SECOND, SECOND) == 500 * MS
    assert playout_delay_ns(7 * SECOND, SECOND) == playout_delay_ns(3600 * SECOND, SECOND) == SECOND
    assert playout_delay_ns(0, 100 * MS) == 100 * MS


@pytest.mark.long
def test_a_recording_in_real_time(tmp_path: Path) -> None:
    """Two cameras, one removed, one that changes colour: read back from the MP4 tick by tick."""
    output = Output(tmp_path / "part.mp4", OutputSettings(width=320, height=180))
    mixer = Mixer(SMALL, output, Asked())
    mixer.start(time.monotonic_ns())
    for track in ("a", "b"):
        mixer.add(Source(track, track, SourceKind.VIDEO, stage=False))
    for frame in frames("a", encode(Codec.VP8, 160, 90, [RED] * 30 + [BLUE] * 30)):
        mixer.push(frame)
    for frame in frames("b", encode(Codec.H264, 160, 90, [GREEN] * 60), codec=Codec.H264):
        mixer.push(frame)
    time.sleep(1)
    mixer.remove("b")
    time.sleep(1)
    stats = mixer.stats()
    mixer.stop(2 * SECOND)
    assert mixer.failure is None
    assert stats.tiles == 1
    assert stats.tracks["a"].shown > 30
    assert mixer_threads() == []
    with av.open(str(tmp_path / "part.mp4")) as container:
        pictures = list(container.decode(video=0))
        assert len(pictures) == 60
    assert is_shown_as(pixel(pictures[20], 80, 90), RED)  # the left one of two
    assert is_shown_as(pixel(pictures[20], 240, 90), GREEN)
    assert is_shown_as(pixel(pictures[59], 160, 90), BLUE)  # alone


def test_stop_renders_the_rest_at_once_and_leaves_no_thread() -> None:
    """Every tick once and in order, 1600 samples each, though the time of most had not come."""
    kept = Kept()
    mixer = Mixer(SMALL, kept, Asked())
    mixer.start(time.monotonic_ns())
    mixer.stop(5 * SECOND)
    mixer.stop(9 * SECOND)
    assert kept.ticks == list(range(150))
    assert kept.samples == 150 * 1600
    assert kept.closed == 1
    assert kept.threads == {"output"}
    assert mixer_threads() == []


def test_stop_before_start_closes_the_file() -> None:
    """A join that failed leaves nothing open."""
    kept = Kept()
    Mixer(SMALL, kept, Asked()).stop(0)
    assert (kept.ticks, kept.closed) == ([], 1)
    assert mixer_threads() == []


def test_a_full_disk_ends_the_mix_in_order() -> None:
    """The file is closed with what is in it, the reason is kept, the session is woken once."""
    kept = Kept(fails_at=3)
    mixer = Mixer(SMALL, kept, Asked())
    woken = threading.Event()
    mixer.on_failure = woken.set
    mixer.start(time.monotonic_ns() - 2 * SECOND)
    assert woken.wait(10)
    mixer.stop(2 * SECOND)
    assert isinstance(mixer.failure, OutputFull)
    assert (kept.ticks, kept.closed) == ([0, 1, 2], 1)
    assert mixer_threads() == []


def test_a_listener_that_is_gone_does_not_keep_the_file_open() -> None:
    """The failure finds a closed event loop: the mix still ends, and so does `stop`."""
    kept = Kept(fails_at=3)
    mixer = Mixer(SMALL, kept, Asked())
    told = threading.Event()

    def gone() -> None:
        told.set()
        raise RuntimeError("Event loop is closed")

    mixer.on_failure = gone
    mixer.start(time.monotonic_ns() - 2 * SECOND)
    assert told.wait(10)
    mixer.stop(2 * SECOND)
    assert kept.closed == 1
    assert isinstance(mixer.failure, OutputFull)
    assert mixer_threads() == []


def test_a_mix_that_is_far_behind_repeats_pictures_but_keeps_every_tick() -> None:
    """Ten seconds late: every tick is there, most without drawing, and both are counted."""
    kept = Kept()
    mixer = Mixer(SMALL, kept, Asked())
    mixer.start(time.monotonic_ns() - 10 * SECOND)
    deadline = time.monotonic() + 10
    while mixer.stats().lag_ns > 100 * MS or mixer.stats().ticks < 200:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    stats = mixer.stats()
    mixer.stop(11 * SECOND)
    assert kept.ticks == list(range(330))
    assert stats.ticks_repeated > 100
    assert stats.ticks_late > 100
    assert stats.worst_lag_ns > 5 * SECOND


@pytest.mark.long
@pytest.mark.alone
def test_a_burdened_encoder_costs_quality_and_gets_it_back(tmp_path: Path) -> None:
    """A new picture takes 50 ms of the 33 there are: the cameras give way, no tick is lost, and ten
    seconds after the burden is gone there is full quality again."""
    output = Burdened(tmp_path / "part.mp4", OutputSettings(width=320, height=180))
    mixer = Mixer(SMALL, output, Asked())
    colours = [(40 + n % 150, 128, 128) for n in range(600)]
    clip = encode(Codec.VP8, 160, 90, colours)
    mixer.start(time.monotonic_ns())
    mixer.add(Source("a", "a", SourceKind.VIDEO, stage=False))
    for frame in frames("a", clip):
        mixer.push(frame)
    output.burden_s = 0.05
    time.sleep(4)
    burdened = mixer.stats()
    output.burden_s = 0
    time.sleep(10)
    mixer.stop(14 * SECOND)
    stats = mixer.stats()
    assert burdened.effort.level >= output.efforts  # the burden is the same at all its levels
    assert burdened.steps[0].before.level == 0
    assert burdened.steps[0].encode_load > 1
    assert burdened.worst_lag_ns < 2 * SECOND
    assert stats.effort.level == 0
    assert stats.steps[-1].after.level == 0
    assert 2 * SECOND < stats.reduced_ns < 13 * SECOND
    with av.open(str(tmp_path / "part.mp4")) as container:
        times = [picture.pts for picture in container.decode(video=0)]
    assert len(times) >= 14 * 30  # more where the sleeps took longer
    assert len({after - before for before, after in pairwise(times)}) == 1  # type: ignore[operator]


def test_a_slow_file_slows_the_mix_and_loses_nothing() -> None:
    """The queue in front of the encoder is bounded; ticks wait, none is left out."""
    kept = Kept(slow_s=0.01)
    mixer = Mixer(SMALL, kept, Asked())
    mixer.start(time.monotonic_ns())
    mixer.stop(SECOND)
    assert kept.ticks == list(range(30))


def test_a_layout_can_be_changed_by_its_name() -> None:
    """As it stands in the configuration; an unknown one is refused."""
    mixer = Mixer(SMALL, Kept(), Asked())
    mixer.set_layout(LayoutName("grid"))
    with pytest.raises(ValueError, match="mosaic"):
        mixer.set_layout("mosaic")  # type: ignore[arg-type]
    mixer.stop(0)
