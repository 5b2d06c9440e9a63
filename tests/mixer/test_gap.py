"""A later part begins with what nobody recorded: the last picture for a while, then nothing."""

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mixer.audio.sound_mix import SoundMix
from mixer.decode.last_picture import last_picture
from mixer.frame import Codec
from mixer.mixer import Mixer
from mixer.mp4.finish import finish
from mixer.mp4.join import Joining
from mixer.output.output import Output
from mixer.output.settings import OutputSettings
from mixer.settings import MixSettings
from mixer.source import Source, SourceKind
from tests.mixer.clips import AT_ONCE, GREY, RED, Asked, as_rgb, encode, frames, near, pixel

SECOND = 1_000_000_000
FPS = 30
HOLD_S, GAP_S, LASTS_S = 1, 3, 2
SETTINGS = MixSettings(width=320, height=180, decode_threads=1, hold_ns=HOLD_S * SECOND, **AT_ONCE)  # type: ignore[arg-type]
BACKGROUND = (34, 129, 127)
RATE = 48_000
LONG_S = 200
EDGE = 2048  # samples that a block of AAC reaches over


class Chord(SoundMix):
    """Sound at every sample that is asked for; `samples` says which."""

    def render(self, first_sample: int, count: int) -> NDArray[np.float32]:
        super().render(first_sample, count)
        return np.tile(self.samples(first_sample, count), (2, 1)).astype(np.float32)

    @staticmethod
    def samples(first_sample: int, count: int) -> NDArray[np.float64]:
        times = np.arange(first_sample, first_sample + count) / RATE
        return 0.4 * np.cos(2 * np.pi * 440 * times) + 0.4 * np.cos(2 * np.pi * 1310.5 * times)


def write(
    path: Path,
    colour: tuple[int, int, int],
    *,
    gap_s: int = 0,
    held: av.VideoFrame | None = None,
    sound: SoundMix | None = None,
) -> None:
    """A camera of one colour for two seconds, behind the gap; the part stays as it grew."""
    now_ns, gap_ns = 1000 * SECOND, gap_s * SECOND
    output = Output(path, OutputSettings(width=320, height=180))
    mixer = Mixer(SETTINGS, output, Asked(), sound=sound, clock=lambda: now_ns)
    mixer.start(now_ns - gap_ns, gap_ns=gap_ns, held=held)
    mixer.add(Source("camera", "a", SourceKind.VIDEO, stage=False))
    for frame in frames("camera", encode(Codec.VP8, 160, 90, [colour] * LASTS_S * FPS), first_ns=gap_ns):
        mixer.push(frame)
    mixer.stop(gap_ns + LASTS_S * SECOND)
    assert mixer.failure is None


def colours_of(path: Path) -> list[str]:
    names = {"red": as_rgb(RED, "bt601"), "grey": as_rgb(GREY, "bt601"), "nothing": as_rgb(BACKGROUND, "bt709")}
    with av.open(str(path)) as container:
        return [
            next(name for name, colour in names.items() if near(as_rgb(pixel(frame, 160, 90), "bt709"), colour, 40))
            for frame in container.decode(video=0)
        ]


def test_the_last_picture_stands_for_the_hold_time(tmp_path: Path) -> None:
    """Of a gap of three seconds the first shows what was there last, the others nothing; then there is new footage."""
    first, second = tmp_path / "part-0001.mp4", tmp_path / "part-0002.mp4"
    write(first, RED)
    write(second, GREY, gap_s=GAP_S, held=last_picture(first))
    with Joining(first) as joining:
        assert joining.append(2, second)
        index = joining.index
    finish(first, index)
    shown = colours_of(first)
    edges = [0, *(n for n in range(1, len(shown)) if shown[n] != shown[n - 1]), len(shown)]
    runs = [(shown[begin], (end - begin) / FPS) for begin, end in pairwise(edges)]
    assert runs == [("red", LASTS_S + HOLD_S), ("nothing", GAP_S - HOLD_S), ("grey", LASTS_S)]


def test_a_torn_part_has_a_last_picture(tmp_path: Path) -> None:
    """Cut off anywhere in its last fragment, it shows that of the fragment before."""
    part = tmp_path / "part.mp4"
    write(part, RED)
    whole = part.read_bytes()
    for left_out in (1, 200, 2000):
        part.write_bytes(whole[:-left_out])
        picture = last_picture(part)
        assert picture is not None
        assert near(as_rgb(pixel(picture, 160, 90), "bt709"), as_rgb(RED, "bt601"), 40)


def test_what_has_no_picture_holds_none(tmp_path: Path) -> None:
    """A missing, an empty and a foreign file give none, and so does one of another size."""
    assert last_picture(tmp_path / "none.mp4") is None
    for content in (b"", b"\0" * 100_000):
        (tmp_path / "bad.mp4").write_bytes(content)
        assert last_picture(tmp_path / "bad.mp4") is None
    other = av.VideoFrame(160, 90, "yuv420p")
    part = tmp_path / "part.mp4"
    write(part, GREY, gap_s=1, held=other)
    finish(part)
    assert colours_of(part)[0] == "nothing"


@pytest.fixture(scope="module")
def long_gap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Red with sound, a gap of minutes, grey with sound; finished."""
    folder = tmp_path_factory.mktemp("gap")
    first, second = folder / "part-0001.mp4", folder / "part-0002.mp4"
    write(first, RED, sound=Chord())
    write(second, GREY, gap_s=LONG_S, held=last_picture(first), sound=Chord())
    with Joining(first) as joining:
        assert joining.append(2, second)
        index = joining.index
    finish(first, index)
    return first


def test_a_long_gap_has_every_picture(long_gap: Path) -> None:
    """At a constant rate; what was there before stands for the hold time, and what is new is in its place. No bit of it
    is wrong."""
    with av.open(str(long_gap)) as container:
        track = container.streams.video[0]
        track.codec_context.options = {"err_detect": "explode"}
        shown = [(frame.time, pixel(frame, 160, 90)) for frame in container.decode(track)]
    assert len(shown) == (LASTS_S + LONG_S + LASTS_S) * FPS
    assert [time for time, _ in shown] == pytest.approx([tick / FPS for tick in range(len(shown))], abs=1e-6)
    edges = [0, *(n for n in range(1, len(shown)) if not near(shown[n][1], shown[n - 1][1], 20)), len(shown)]
    assert edges == [0, (LASTS_S + HOLD_S) * FPS, (LASTS_S + LONG_S) * FPS, len(shown)]
    for begin, colour, matrix in zip(edges, (RED, BACKGROUND, GREY), ("bt601", "bt709", "bt601"), strict=False):
        assert near(as_rgb(shown[begin][1], "bt709"), as_rgb(colour, matrix), 40)


def test_a_long_gap_is_silent(long_gap: Path) -> None:
    """To the sample; the sound of both sides is where it was, moved by half a block at most (later.py)."""
    with av.open(str(long_gap)) as container:
        track = container.streams.audio[0]
        track.codec_context.options = {"err_detect": "explode"}
        heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(track)])
    begins, ends = LASTS_S * RATE, (LASTS_S + LONG_S) * RATE
    assert not heard[begins + EDGE : ends - EDGE].any()
    assert abs(len(heard) - (ends + LASTS_S * RATE)) <= EDGE
    moved = round(begins / 1024) * 1024 - begins
    for at, first, shift in ((EDGE, EDGE, 0), (ends + EDGE, LONG_S * RATE + EDGE, moved)):
        errors = {
            off: float(np.square(heard[at + shift + off :][: RATE // 2] - Chord.samples(first, RATE // 2)).mean())
            for off in range(-3, 4)
        }
        assert min(errors, key=errors.__getitem__) == 0
        assert errors[0] < 1e-4


def test_a_long_gap_can_be_sought_into(long_gap: Path) -> None:
    """The picture of that instant comes, from a keyframe less than a second before it."""
    with av.open(str(long_gap)) as container:
        track = container.streams.video[0]
        assert track.time_base is not None
        for at_s in (LASTS_S + 0.5, LASTS_S + HOLD_S + 2, 60.3, 121.7, LASTS_S + LONG_S - 0.1, LASTS_S + LONG_S + 0.5):
            container.seek(round(at_s / track.time_base), stream=track)
            decoded = container.decode(track)
            frame = next(decoded)
            assert at_s - 1 < (frame.time or 0) <= at_s + 1e-6
            while (frame.time or 0) + 1 / FPS <= at_s:
                frame = next(decoded)
            if at_s < LASTS_S + HOLD_S:
                wanted = as_rgb(RED, "bt601")
            else:
                wanted = as_rgb(GREY, "bt601") if at_s > LASTS_S + LONG_S else as_rgb(BACKGROUND, "bt709")
            assert near(as_rgb(pixel(frame, 160, 90), "bt709"), wanted, 40), at_s
