"""Pictures that are given back are drawn on again; those that are not stay as they are."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mixer.frame import Codec
from mixer.layout.tile import Rect
from mixer.mix import Mixed
from mixer.output_thread import OutputThread
from tests.mixer.clips import Stage, contents, encode, frames

SLOTS = 4  # as `Mix` has them by default
TICKS = 40


@cache
def clip() -> list[bytes]:
    """Encoded once: on a busy machine libvpx makes other bytes of the same pictures the next time."""
    return encode(Codec.VP8, 160, 90, [(40 + 4 * at, 100 + at, 128) for at in range(TICKS)], texture=True)


def moving() -> Stage:
    """A stage that shows something new on every third tick, and two cameras that do on every other, and on each."""
    stage = Stage()
    for track, every in (("slides", 3), ("a", 2), ("b", 1)):
        stage.camera(track, stage=track == "slides")
        stage.push(replace(frame, pts_ns=frame.pts_ns * every) for frame in frames(track, clip()))
    return stage


def same(one: Sequence[NDArray[np.uint8]], other: Sequence[NDArray[np.uint8]]) -> bool:
    return all(map(np.array_equal, one, other))


def test_an_encoder_that_keeps_up_gets_one_picture_again_and_again() -> None:
    """The same memory, drawn on where something is new; whether anything is, is still told."""
    stage = moving()
    pictures, seen = set(), []
    for _ in range(TICKS):
        mixed = stage.run(0)
        pictures.add(id(mixed.picture))
        seen.append((mixed.changed, contents(mixed)))
        mixed.give_back()
    assert len(pictures) == 1
    for (_, before), (changed, now) in pairwise(seen):
        assert changed is not same(before, now)


@pytest.mark.parametrize("behind", [1, 2, SLOTS - 1, SLOTS + 2])
def test_an_encoder_that_is_behind_gets_the_same_pictures(behind: int) -> None:
    """However many it keeps, each shows what it would have shown: what did not change is copied from one to the next.
    None of the last three is written to, given back or not."""
    kept, quick = moving(), moving()
    waiting: list[tuple[Mixed, list[NDArray[np.uint8]]]] = []
    for _ in range(TICKS):
        mixed, expected = kept.run(0), quick.run(0)
        assert same(contents(mixed), contents(expected))
        expected.give_back()
        waiting.append((mixed, contents(mixed)))
        for late, as_it_was in waiting[-SLOTS + 1 :]:
            assert same(contents(late), as_it_was)
        if len(waiting) > behind:
            waiting.pop(0)[0].give_back()


class Failing:
    """A recorder of which every third picture fails, before it has failed for good."""

    efforts = 1

    def picture(
        self, frame: av.VideoFrame, tick: int, *, changed: bool = True, within: Sequence[Rect] | None = None
    ) -> None:
        if tick % 3 == 2:
            raise OSError("no")

    def sound(self, samples: NDArray[np.float32]) -> None: ...

    def set_effort(self, level: int) -> None: ...

    def close(self) -> None: ...


def test_whatever_becomes_of_a_picture_it_is_given_back() -> None:
    """Encoded, in a pause, failed, or thrown away after a failure: once each."""
    failures: list[BaseException] = []
    given_back: list[int] = []
    output = OutputThread(Failing(), 1, failures.append)
    output.start()
    frame, sound = av.VideoFrame(16, 16, "yuv420p"), np.zeros((2, 1600), np.float32)
    for number in range(12):
        place = None if number in (1, 7) else number
        output.put(Mixed(place, frame, sound, give_back=lambda number=number: given_back.append(number)))  # type: ignore[misc]
    output.close()
    assert given_back == list(range(12))
    assert len(failures) == 1
