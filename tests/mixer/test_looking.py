"""A picture of the mix while it is made."""

import threading
import time

import numpy as np
import pytest

from mixer.frame import Codec
from mixer.mixer import Mixer
from mixer.settings import MixSettings
from tests.mixer.clips import AT_ONCE, BLUE, GREEN, RED, WHITE, Asked, Colour, Stage, as_rgb, encode, frames, near
from tests.mixer.test_mixer import Kept

SECOND = 1_000_000_000


@pytest.mark.parametrize("colour", [RED, GREEN, BLUE, WHITE])
def test_it_has_the_colours_of_the_file(colour: Colour) -> None:
    """BT.709 read as BT.709, limited range as such: what the camera sent, in blue, green, red."""
    stage = Stage()
    stage.camera("a")
    stage.push(frames("a", encode(Codec.VP8, 320, 180, [colour] * 3)))
    stage.run(0.1)
    picture = stage.mix.still(160)
    assert picture is not None
    assert picture.shape == (90, 160, 3)
    red, green, blue = as_rgb(colour, "bt601")
    assert near([int(part) for part in picture[45, 80]], (blue, green, red), 8)


def test_it_is_as_wide_as_asked_but_no_wider_than_the_picture() -> None:
    """In the picture's shape; nothing before the first."""
    stage = Stage()
    assert stage.mix.still(160) is None
    stage.run(0.1)
    shapes = []
    for width in (1, 100, 320, 5000):
        picture = stage.mix.still(width)
        assert picture is not None
        shapes.append(picture.shape)
    assert shapes == [(9, 16, 3), (56, 100, 3), (180, 320, 3), (180, 320, 3)]


def test_it_is_a_copy() -> None:
    """What is drawn later does not change it."""
    stage = Stage()
    stage.camera("a")
    stage.push(frames("a", encode(Codec.VP8, 320, 180, [RED] * 5 + [BLUE] * 55)))
    stage.run(0.1)
    picture = stage.mix.still(320)
    assert picture is not None
    before = picture.copy()
    stage.run(1.5)
    assert np.array_equal(picture, before)


def test_somebody_who_looks_all_the_time_disturbs_nothing() -> None:
    """From several threads while it is mixed: every tick is there, every picture is whole."""
    settings = MixSettings(width=320, height=180, decode_threads=1, **AT_ONCE)  # type: ignore[arg-type]
    kept = Kept()
    mixer = Mixer(settings, kept, Asked())
    assert mixer.still(160) is None
    over = threading.Event()
    odd: list[object] = []

    def look() -> None:
        while not over.is_set():
            picture = mixer.still(160)
            if picture is not None and picture.shape != (90, 160, 3):
                odd.append(picture.shape)
            time.sleep(0.001)

    threads = [threading.Thread(target=look) for _ in range(3)]
    mixer.start(time.monotonic_ns())
    for thread in threads:
        thread.start()
    mixer.stop(5 * SECOND)
    over.set()
    for thread in threads:
        thread.join()
    assert kept.ticks == list(range(150))
    assert odd == []
    assert mixer.still(160) is not None
