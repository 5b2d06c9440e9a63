"""The mix says where a picture differs from the one before; the encoder takes its word, and the file shows it right."""

import random
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mixer.decode.picture import planes_of
from mixer.frame import Codec
from mixer.layout.tile import Rect
from mixer.mix import Mixed
from mixer.output.output import Output
from mixer.output.settings import OutputSettings
from mixer.settings import LayoutName
from tests.mixer.clips import BLUE, FRAME_NS, GREEN, GREY, RED, Stage, contents, encode, frames

WIDTH, HEIGHT, TICKS = 320, 180, 150


def differs_outside(one: list[NDArray[np.uint8]], other: list[NDArray[np.uint8]], within: list[Rect]) -> bool:
    for index, (plane, before) in enumerate(zip(one, other, strict=True)):
        shift = 1 if index else 0
        differs = plane != before
        for rect in within:
            rows = slice(rect.y >> shift, rect.y + rect.height >> shift)
            differs[rows, rect.x >> shift : rect.x + rect.width >> shift] = False
        if differs.any():
            return True
    return False


@cache
def packets(number: int) -> list[bytes]:
    colours = ((RED, BLUE), (GREEN, RED), (BLUE, GREY), (GREY, GREEN))[number]
    shown = [colours[at // 7 % 2] for at in range(TICKS)]
    return encode(Codec.VP8, 160, 90, shown, texture=True)


@cache
def tall() -> list[bytes]:
    return encode(Codec.VP8, 90, 160, [GREEN if at // 5 % 2 else RED for at in range(TICKS // 3)], texture=True)


@pytest.mark.parametrize("kept", [0, 1, 5])
@pytest.mark.parametrize("transition_ns", [0, 200_000_000])
@pytest.mark.parametrize("seed", range(3))
def test_nothing_else_differs(seed: int, transition_ns: int, kept: int) -> None:
    """Whoever comes, goes, mutes or is put on the stage, at whatever rate, and however many pictures the encoder is
    behind (`kept`). That it often says less than "anywhere" is what it is for."""
    chance = random.Random(seed)
    stage = Stage(width=WIDTH, height=HEIGHT, transition_ns=transition_ns)
    for number in range(4):
        track = f"camera{number}"
        stage.camera(track, stage=number == 3)
        sent = frames(track, packets(number))
        if number == 3:  # its window is dragged into another shape, and back
            third = TICKS // 3
            sent[third : 2 * third] = frames(track, tall(), first_ns=third * FRAME_NS)
            sent[2 * third :] = frames(track, packets(number)[:third], first_ns=2 * third * FRAME_NS)
        every = chance.choice((1, 1, 2, 3))
        stage.push(sent[:1] + [frame for at, frame in enumerate(sent[1:], 1) if not every - 1 or at // 20 % every])
    before: list[NDArray[np.uint8]] | None = None
    waiting: list[Mixed] = []
    told = 0
    for tick in range(TICKS):
        if chance.random() < 0.03:
            track = f"camera{chance.randrange(4)}"
            stage.mix.set_muted(track, chance.random() < 0.5, stage.mix.tick_ns(tick))
        if chance.random() < 0.02:
            stage.mix.set_layout(chance.choice(list(LayoutName)), stage.mix.tick_ns(tick))
        mixed = stage.mix.tick(tick, redraw=chance.random() < 0.95)
        now = contents(mixed)
        waiting.append(mixed)
        while len(waiting) > kept:
            waiting.pop(0).give_back()
        if before is not None and not mixed.changed:
            assert not differs_outside(now, before, []), tick
        elif before is not None and mixed.within is not None:
            told += 1
            assert not differs_outside(now, before, list(mixed.within)), tick
        before = now
    stage.mix.close()
    assert told > TICKS / 10


def written(path: Path, *, told: bool) -> tuple[list[NDArray[np.uint8]], int]:
    """Noise that rests but for a square that wanders, and for everything once; the luma that is read back."""
    rng = np.random.default_rng(0)
    output = Output(path, OutputSettings(width=WIDTH, height=HEIGHT))
    rest = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    rest[:HEIGHT] = np.kron(rng.integers(40, 200, (HEIGHT // 4, WIDTH // 4)), np.ones((4, 4)))
    shown = rest.copy()
    for tick in range(96):
        if tick == 50:
            rest[:HEIGHT] = 255 - rest[:HEIGHT]
            shown[:HEIGHT] = rest[:HEIGHT]
        rect = Rect(2 * tick, 40, 100, 60)
        shown[40:100, : 2 * tick + 100] = rest[40:100, : 2 * tick + 100]
        shown[40:100, 2 * tick : 2 * tick + 100] = rng.integers(60, 180, (60, 100))
        within = None if tick in (0, 50) else [rect, Rect(2 * tick - 2, 40, 2, 60)]
        output.picture(av.VideoFrame.from_ndarray(shown, format="yuv420p"), tick, within=within if told else None)
    output.close()
    with av.open(str(path)) as container:
        return [planes_of(frame)[0].copy() for frame in container.decode(video=0)], path.stat().st_size


def test_what_rests_looks_the_same(tmp_path: Path) -> None:
    """Told where pictures differ, the encoder makes the same pictures, as large, as when it has to find out."""
    found, found_size = written(tmp_path / "found.mp4", told=False)
    told, told_size = written(tmp_path / "told.mp4", told=True)
    assert len(found) == len(told) == 96
    for one, other in zip(found, told, strict=True):
        assert float(np.square(one.astype(float) - other).mean()) < 4
    assert told_size == pytest.approx(found_size, rel=0.03)
