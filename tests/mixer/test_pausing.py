"""Pauses read back from the file: what happened in them is nowhere in it, and what is in it has no hole."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mixer.frame import Codec, EncodedFrame
from mixer.mixer import Mixer
from mixer.mp4.finish import finish
from mixer.output.output import Output
from mixer.output.settings import OutputSettings
from mixer.settings import MixSettings
from mixer.source import Source, SourceKind
from tests.mixer.clips import AT_ONCE, GREY, RED, WHITE, Asked, as_rgb, encode, frames, near, pixel
from tests.mixer.test_mixer import Kept
from tests.mixer_audio import sounds

SECOND = 1_000_000_000
MS = 1_000_000
FPS, RATE = 30, 48_000
LASTS_S = 10
SMALL = MixSettings(width=320, height=180, decode_threads=1, **AT_ONCE)  # type: ignore[arg-type]
PAUSES_S = [(1.013, 2.487), (4.2, 4.9), (6.003, 6.02), (7.0, 8.45)]  # the third lies between two ticks
HUM, BEEP, SECRET = 440, 3000, 9000  # Hz: all the time, with each flash, in pauses only
FLASHES_S = [second + 0.6 for second in range(LASTS_S)]
EDGE_S = 0.04  # Opus spreads a sound over its packet, 20 ms, and what is sampled at an instant was so a little earlier


def in_pause(moment_s: float, edge_s: float = 0.0) -> bool:
    return any(begin + edge_s <= moment_s < end - edge_s for begin, end in PAUSES_S)


def camera() -> list[EncodedFrame]:
    """Grey; white in a flash; red in a pause, but for its last 40 ms: what is there when it ends is what is there."""
    colours = []
    for number in range(LASTS_S * FPS):
        moment_s = number / FPS
        flashes = any(0 <= moment_s - flash_s < 0.99 / FPS for flash_s in FLASHES_S)
        colours.append(RED if in_pause(moment_s, EDGE_S) else WHITE if flashes else GREY)
    return frames("camera", encode(Codec.VP8, 160, 90, colours))


def microphone() -> list[EncodedFrame]:
    sound = sounds.tone(HUM, LASTS_S, 0.2)[0]
    moments_s = np.arange(len(sound)) / RATE
    secret = np.zeros(len(sound), bool)
    for begin, end in PAUSES_S:
        secret |= (moments_s >= begin + EDGE_S) & (moments_s < end - EDGE_S)
    beeps = np.zeros(len(sound), bool)
    for flash_s in FLASHES_S:
        beeps |= (moments_s >= flash_s) & (moments_s < flash_s + 1 / FPS) & ~secret
    sound += 0.5 * secret * np.sin(2 * np.pi * SECRET * moments_s)
    sound += 0.5 * beeps * np.sin(2 * np.pi * BEEP * moments_s)
    packets = sounds.encode(sound[np.newaxis].astype(np.float32))
    delay_ns = 312 * SECOND // RATE  # libopus looks ahead
    return [
        EncodedFrame("mic", Codec.OPUS, number * 20 * MS - delay_ns, True, packet)
        for number, packet in enumerate(packets)
    ]


def record(path: Path, pauses_s: Sequence[tuple[float, float]], *, gap_s: float = 0, until_s: float = LASTS_S) -> Mixer:
    """At file speed, by a clock that stands still. All that happens is `gap_s` later in the file."""
    gap_ns, now_ns = int(gap_s * SECOND), 1000 * SECOND
    output = Output(path, OutputSettings(width=320, height=180))
    mixer = Mixer(SMALL, output, Asked(), clock=lambda: now_ns)
    mixer.start(now_ns - gap_ns, gap_ns=gap_ns)
    mixer.add(Source("camera", "a", SourceKind.VIDEO, stage=False))
    mixer.add(Source("mic", "a", SourceKind.AUDIO, stage=False))
    for begin, end in pauses_s:
        mixer.pause(gap_ns + int(begin * SECOND))
        mixer.resume(gap_ns + int(end * SECOND))
    for frame in sorted((*CAMERA, *MICROPHONE), key=lambda one: one.pts_ns):
        mixer.push(replace(frame, pts_ns=frame.pts_ns + gap_ns))
    mixer.stop(gap_ns + int(until_s * SECOND))
    assert mixer.failure is None
    finish(path)
    return mixer


CAMERA, MICROPHONE = camera(), microphone()


def pictures_in(path: Path) -> list[tuple[float, av.VideoFrame]]:
    with av.open(str(path)) as container:
        return [(float(frame.time or 0), frame) for frame in container.decode(video=0)]


def sound_in(path: Path) -> NDArray[np.float32]:
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def loudness(sound: NDArray[np.float32], frequency: float, window: int = 480) -> NDArray[np.float64]:
    """Amplitude of a tone in each window."""
    turns = np.exp(-2j * np.pi * frequency * np.arange(len(sound)) / RATE) * sound
    count = len(sound) // window
    shape = np.hanning(window)
    level: NDArray[np.float64] = np.abs(turns[: count * window].reshape(count, window) @ shape) * 2 / shape.sum()
    return level


def file_s(moment_s: float) -> float:
    """Where in the file an instant of the room is."""
    return moment_s - sum(min(moment_s, end) - begin for begin, end in PAUSES_S if begin < moment_s)


def resumed_ticks() -> list[int]:
    """Of the file, with which it goes on after each pause that cut something out."""
    ticks, left_out = [], 0
    for begin, end in PAUSES_S:
        first, after = math.ceil(begin * FPS), math.ceil(end * FPS)
        if after > first:
            ticks.append(first - left_out)
            left_out += after - first
    return ticks


@pytest.fixture(scope="module")
def paused(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mixer]:
    path = tmp_path_factory.mktemp("paused") / "part.mp4"
    return path, record(path, PAUSES_S)


def test_nothing_of_a_pause_is_to_be_seen(paused: tuple[Path, Mixer]) -> None:
    """Not one red picture, though a third of what was sent was red; and the camera is there at once afterwards."""
    path, _ = paused
    kinds = [
        next(
            name
            for name, colour in (("grey", GREY), ("white", WHITE), ("red", RED), ("none", (16, 128, 128)))
            if near(as_rgb(pixel(frame, 160, 90), "bt709"), as_rgb(colour, "bt601"), 40)
        )
        for _, frame in pictures_in(path)
    ]
    assert kinds[0] == "grey"
    assert set(kinds) == {"grey", "white"}
    assert kinds.count("white") == sum(not in_pause(flash_s) for flash_s in FLASHES_S)


def test_nothing_of_a_pause_is_to_be_heard(paused: tuple[Path, Mixer]) -> None:
    """The tone that sounded in pauses only is 60 dB below what it was, everywhere."""
    path, _ = paused
    sound = sound_in(path)
    assert loudness(sound, SECRET, 4800).max() < 0.5 / 1000


def test_the_file_goes_on_without_a_hole(paused: tuple[Path, Mixer]) -> None:
    """Pictures 30 times a second to the millisecond, the hum in every 10 ms, and as long as what was not paused."""
    path, mixer = paused
    times = [moment_s for moment_s, _ in pictures_in(path)]
    assert times == pytest.approx([tick / FPS for tick in range(len(times))], abs=0.001)
    assert len(times) / FPS == pytest.approx(file_s(LASTS_S), abs=0.05)
    assert mixer.recorded_ns == len(times) * SECOND // FPS
    sound = sound_in(path)
    assert 0 <= len(sound) - len(times) * RATE // FPS < 2048
    hum = loudness(sound[: len(times) * RATE // FPS], HUM, 960)
    assert hum[2:-2].min() > 0.1


def test_sound_and_picture_stay_together_over_pauses(paused: tuple[Path, Mixer]) -> None:
    """Each flash and its beep within 40 ms, before, between and after the pauses."""
    path, _ = paused
    flashes = [moment_s for moment_s, frame in pictures_in(path) if pixel(frame, 160, 90)[0] > 190]
    loud = loudness(sound_in(path), BEEP, 240) > 0.15
    beeps = [start * 240 / RATE for start in np.flatnonzero(loud) if not loud[max(0, start - 40) : start].any()]
    assert flashes == pytest.approx([file_s(s) for s in FLASHES_S if not in_pause(s)], abs=0.05)
    assert beeps == pytest.approx(flashes, abs=0.04)


def test_no_click_where_the_file_goes_on(paused: tuple[Path, Mixer]) -> None:
    """The hum jumps in its phase there, and no louder than it hums is anything heard above it."""
    path, _ = paused
    sound = sound_in(path)
    for tick in resumed_ticks():
        place = tick * RATE // FPS
        around = sound[place - 480 : place + 480] * np.hanning(960)
        spectrum = np.abs(np.fft.rfft(around)) / 240
        assert spectrum[120:].max() < 0.0005  # above 6 kHz; put together without care, 0.002


@pytest.mark.parametrize(
    ("pauses_s", "until_s", "lasts_s"),
    [
        ([(0.0, 1.0)], 2.0, 1.0),
        ([(1.0, 99.0)], 4.0, 1.0),
        ([(1.0, 2.0), (2.0, 3.0)], 4.0, 2.0),
    ],
    ids=["right after the start", "stopped while paused", "again at once"],
)
def test_pauses_at_the_edges(
    tmp_path: Path, pauses_s: list[tuple[float, float]], until_s: float, lasts_s: float
) -> None:
    """The file holds what is not paused, neither more nor less."""
    record(tmp_path / "a.mp4", pauses_s, until_s=until_s)
    assert len(pictures_in(tmp_path / "a.mp4")) == round(lasts_s * FPS)


def test_what_changed_in_a_pause_is_there_at_once_afterwards(tmp_path: Path) -> None:
    """A slide that was turned in the pause, and has been at rest since, is not first missing."""
    path = tmp_path / "a.mp4"
    mixer = Mixer(SMALL, Output(path, OutputSettings(width=320, height=180)), Asked())
    mixer.start(time.monotonic_ns())
    mixer.add(Source("screen", "a", SourceKind.VIDEO, stage=True))
    first, second = frames("screen", encode(Codec.VP8, 320, 180, [GREY, WHITE]))
    mixer.push(first)
    mixer.push(replace(second, pts_ns=3 * SECOND // 2))
    mixer.pause(SECOND)
    mixer.resume(2 * SECOND)
    mixer.stop(3 * SECOND)
    levels = [pixel(frame, 160, 90)[0] for _, frame in pictures_in(path)]
    assert max(levels[1:FPS]) < 150
    assert min(levels[FPS:]) > 200


def leave_room(mixer: Mixer) -> None:
    mixer.remove("secret")


def mute(mixer: Mixer) -> None:
    mixer.set_muted("secret", True)


def fall_silent(_mixer: Mixer) -> None: ...


@pytest.mark.parametrize(
    ("ends", "before_s", "stage"),
    [
        (leave_room, 0.1, True),
        (leave_room, 0.1, False),
        (mute, 0.3, True),
        (mute, 0.3, False),
        (fall_silent, 0.7, False),  # a stage that sends nothing is one at rest
    ],
)
def test_what_was_only_there_in_a_pause_does_not_linger(
    tmp_path: Path, ends: Callable[[Mixer], None], before_s: float, stage: bool
) -> None:
    """A red screen or camera comes in the pause and ends shortly before it does: by leaving, by being switched off, by
    its network. It neither fades nor is held into the file; who was there all the time is."""
    path, began_ns = tmp_path / "a.mp4", 1000 * SECOND
    now_ns = [began_ns]
    settings = MixSettings(width=320, height=180, decode_threads=1)
    mixer = Mixer(settings, Output(path, OutputSettings(width=320, height=180)), Asked(), clock=lambda: now_ns[0])
    mixer.start(began_ns)
    mixer.add(Source("camera", "a", SourceKind.VIDEO, stage=False))
    mixer.add(Source("secret", "b", SourceKind.VIDEO, stage=stage))
    mixer.pause(SECOND)
    mixer.resume(4 * SECOND)
    until_ns = 4 * SECOND - int(before_s * SECOND)
    secret = frames("secret", encode(Codec.VP8, 160, 90, [RED] * (3 * FPS)))
    shown = [replace(frame, pts_ns=frame.pts_ns + 3 * SECOND // 2) for frame in secret]
    camera = frames("camera", encode(Codec.VP8, 160, 90, [GREY] * (6 * FPS)))
    for frame in sorted((*camera, *(one for one in shown if one.pts_ns < until_ns)), key=lambda one: one.pts_ns):
        mixer.push(frame)
    now_ns[0] += until_ns
    ends(mixer)
    now_ns[0] = began_ns  # as in `record`, all the rest is done at file speed
    mixer.stop(6 * SECOND)
    assert mixer.failure is None
    for moment_s, recorded in pictures_in(path)[FPS // 2 :]:
        picture = recorded.to_ndarray(format="rgb24").astype(int)
        assert (picture[..., 0] - picture[..., 1]).max() < 40, f"red at {moment_s:.2f} s"
        assert np.abs(picture[..., 0] - as_rgb(GREY, "bt601")[0]).min() < 20, f"nobody at {moment_s:.2f} s"


def test_a_later_part_begins_with_its_gap(tmp_path: Path) -> None:
    """Background and silence for as long as nobody recorded, then the room; no tick is late for it."""
    mixer = record(tmp_path / "a.mp4", [], gap_s=2.51, until_s=1.0)
    pictures = pictures_in(tmp_path / "a.mp4")
    sound = sound_in(tmp_path / "a.mp4")
    first = next(number for number, (_, frame) in enumerate(pictures) if pixel(frame, 160, 90)[0] > 100)
    assert first == 76  # the first tick at 2.51 s
    assert np.abs(sound[: RATE * 5 // 2]).max() < 0.001
    assert loudness(sound[RATE * 26 // 10 :], HUM, 960)[2:-3].min() > 0.1
    stats = mixer.stats()
    assert (stats.ticks, stats.ticks_late, stats.worst_lag_ns) == (len(pictures), 0, 0)


@pytest.mark.parametrize("fps", [7, 29, 30])
def test_sound_lasts_as_long_as_the_pictures_at_every_rate(fps: int) -> None:
    """To the sample, though a second is no whole number of samples a tick, and after a pause each half second."""
    kept = Kept()
    mixer = Mixer(replace(SMALL, fps=fps), kept, Asked(), clock=lambda: 0)
    mixer.start(0)
    for begin in range(20):
        mixer.pause(begin * SECOND // 2 + 100_000_001)
        mixer.resume(begin * SECOND // 2 + 317_000_003)
    mixer.stop(11 * SECOND)
    assert mixer.failure is None
    assert kept.ticks == list(range(len(kept.ticks)))
    assert kept.samples == len(kept.ticks) * RATE // fps


def test_a_pause_needs_a_start(tmp_path: Path) -> None:
    """Before it there is no time to pause at."""
    mixer = Mixer(SMALL, Output(tmp_path / "a.mp4", OutputSettings(width=320, height=180)), Asked())
    with pytest.raises(RuntimeError, match="not started"):
        mixer.pause()
    with pytest.raises(RuntimeError, match="not started"):
        mixer.resume()
    mixer.stop(0)
