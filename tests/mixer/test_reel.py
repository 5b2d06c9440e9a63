"""Which ticks of the mix are in the file: rules on numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.reel import Reel

SECOND = 1_000_000_000
FPS = st.sampled_from([1, 7, 24, 25, 30, 60])


def taken(reel: Reel, ticks: range) -> list[int | None]:
    return [reel.take(tick) for tick in ticks]


def test_without_a_pause_all_are_in_the_file() -> None:
    """At their own places."""
    reel = Reel(30)
    assert taken(reel, range(100)) == list(range(100))
    assert (reel.recorded_ns, reel.cuts) == (100 * SECOND // 30, 0)


def test_a_pause_is_cut_out() -> None:
    """From the first tick at or after the pause to the first at or after the resume; the file goes on where it was."""
    reel = Reel(30)
    reel.pause(SECOND + 1)
    reel.resume(2 * SECOND)
    assert taken(reel, range(90)) == [*range(31), *[None] * 29, *range(31, 61)]
    assert reel.cuts == 1
    assert reel.recorded_ns == 61 * SECOND // 30


def test_pausing_and_resuming_twice_changes_nothing() -> None:
    """Idempotent: only the first of equal wishes counts."""
    reel = Reel(30)
    reel.resume(0)
    reel.pause(SECOND)
    reel.pause(SECOND + SECOND // 2)
    reel.resume(2 * SECOND)
    reel.resume(3 * SECOND)
    assert taken(reel, range(90)).count(None) == 30
    assert reel.cuts == 1


def test_pause_and_resume_within_a_tick() -> None:
    """Nothing lies between them, so nothing is cut, and there is no resume to speak of."""
    reel = Reel(30)
    reel.pause(SECOND + 1)
    reel.resume(SECOND + 30_000_000)
    assert taken(reel, range(60)) == list(range(60))
    assert reel.cuts == 0


def test_resume_and_pause_within_a_tick() -> None:
    """The pause goes on as if nobody had touched it."""
    reel = Reel(30)
    reel.pause(SECOND)
    reel.resume(2 * SECOND - 20)
    reel.pause(2 * SECOND - 10)
    reel.resume(3 * SECOND)
    assert taken(reel, range(120)).count(None) == 60
    assert reel.cuts == 1


def test_paused_from_the_beginning() -> None:
    """The file begins with the resume."""
    reel = Reel(30)
    reel.pause(0)
    reel.resume(SECOND)
    assert taken(reel, range(60)) == [*[None] * 30, *range(30)]


def test_what_is_drawn_is_in_the_file() -> None:
    """While it runs; after a pause not before the first tick of the file has surely been drawn."""
    reel = Reel(30)
    reel.pause(SECOND)
    reel.resume(2 * SECOND)
    shown = []
    for tick in range(90):
        reel.take(tick)
        shown.append(reel.shows)
    assert shown == [False, *[True] * 29, *[False] * 31, *[True] * 29]


def test_a_pause_for_what_is_mixed_already() -> None:
    """Takes effect with the next tick, and a resume in the past of its pause with the pause."""
    reel = Reel(30)
    taken(reel, range(30))
    reel.pause(SECOND // 2)
    assert reel.take(30) is None
    reel.resume(SECOND // 4)
    assert reel.take(31) == 30


@given(FPS, st.lists(st.tuples(st.booleans(), st.integers(0, 20 * SECOND), st.integers(0, 40)), max_size=30))
def test_the_file_has_no_hole_whatever_is_pressed(fps: int, presses: list[tuple[bool, int, int]]) -> None:
    """Places are consecutive, and few wishes wait, in whatever order they come."""
    reel = Reel(fps)
    places: list[int | None] = []
    for pauses, at_ns, ticks in presses:
        (reel.pause if pauses else reel.resume)(at_ns)
        places += taken(reel, range(len(places), len(places) + ticks))
    kept = [place for place in places if place is not None]
    assert kept == list(range(len(kept)))
    assert reel.ticks == len(kept)
    assert len(reel._turns) <= 20 * fps + 1


@given(FPS, st.lists(st.integers(0, 10 * SECOND), min_size=2, max_size=12, unique=True))
def test_exactly_what_lies_in_a_pause_is_missing(fps: int, instants: list[int]) -> None:
    """A tick is in the file if and only if its pts is in no pause."""
    reel = Reel(fps)
    instants.sort()
    for number, at_ns in enumerate(instants):
        (reel.resume if number % 2 else reel.pause)(at_ns)
    for tick in range(11 * fps):
        pts_ns = tick * SECOND // fps
        in_pause = sum(at_ns <= pts_ns for at_ns in instants) % 2 == 1
        assert (reel.take(tick) is None) == in_pause


@pytest.mark.parametrize("fps", [1, 7, 30, 60])
def test_first_tick_of_an_instant(fps: int) -> None:
    """The tick whose pts is the instant, or the next."""
    reel = Reel(fps)
    for tick in range(200):
        pts_ns = tick * SECOND // fps
        assert reel.first_tick(pts_ns) == tick
        assert reel.first_tick(pts_ns + 1) == tick + 1
    assert reel.first_tick(-5) == 0
