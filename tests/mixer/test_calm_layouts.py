"""The layout is at rest unless somebody came or went: blinks, flapping, crowds, dragged windows and coughs."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.frame import Codec
from mixer.layout.tile import Rect, Shape
from mixer.layout.vacancies import VACANT, Vacancies
from mixer.settings import LayoutName, MixSettings
from tests.mixer.clips import AT_ONCE, BLUE, FRAME_NS, GREEN, RED, Stage, encode, frames, is_shown_as

MS = 1_000_000
SECOND = 1_000_000_000
TICK_NS = SECOND // 30
HOLD_NS = SECOND
BATCH_NS = SECOND // 2
PRODUCT = MixSettings()
CALM = {key: getattr(PRODUCT, key) for key in AT_ONCE}


class Room:
    """Participants by letter, each with one wide camera."""

    def __init__(self) -> None:
        self.places = Vacancies(HOLD_NS, BATCH_NS)
        self.now_ns = 0
        self.most = 49

    def settle(self, present: str, after_ns: int = TICK_NS) -> str:
        """The places in order, a vacancy as a dot."""
        self.now_ns += after_ns
        settled = self.places.settle(self.now_ns, [(name, Shape(name, 640, 360)) for name in present], self.most)
        return "".join("." if shape.track == VACANT else shape.track for shape in settled)


def test_a_blink_leaves_everything_in_its_place() -> None:
    """Gone for less than a second: a gap for that long, and nobody moves."""
    room = Room()
    assert room.settle("abc") == "abc"
    assert room.settle("ac") == "a.c"
    assert room.settle("ac", HOLD_NS // 2) == "a.c"
    assert room.settle("abc", TICK_NS) == "abc"


def test_a_gap_is_closed_after_its_time() -> None:
    """Once, for all who went meanwhile."""
    room = Room()
    room.settle("abcd")
    assert room.settle("acd") == "a.cd"
    assert room.settle("ac", HOLD_NS // 2) == "a.c."
    assert room.settle("ac", HOLD_NS // 2) == "ac"


def test_whoever_comes_closes_the_gaps() -> None:
    """The layout moves anyway: once, not twice."""
    room = Room()
    room.settle("abc")
    room.settle("ac", SECOND)
    assert room.settle("acd") == "acd"


def test_a_crowd_comes_in_together() -> None:
    """The first at once, the others as one half a second later."""
    room = Room()
    assert room.settle("a") == "a"
    assert room.settle("ab") == "a"
    assert room.settle("abcd") == "a"
    assert room.settle("abcde", BATCH_NS) == "abcde"


def test_whoever_is_cut_for_want_of_tiles_leaves_no_gap() -> None:
    """A layout of three tiles follows one of five: gaps, those from before too, would make tiles that it has not."""
    room = Room()
    room.settle("abcde")
    assert room.settle("abde") == "ab.de"
    room.most = 3
    assert room.settle("abd") == "abd"
    assert room.settle("ad") == "a.d"


def test_whoever_takes_a_place_does_not_wait() -> None:
    """Somebody who spoke without a tile gets another's: that moves nobody, and may not take long."""
    room = Room()
    room.settle("abc")
    assert room.settle("adc") == "adc"


@settings(deadline=None)
@given(st.lists(st.tuples(st.sets(st.sampled_from("abcdef")), st.integers(1, 40)), max_size=30))
def test_everybody_has_a_place_soon_and_gaps_end(history: Sequence[tuple[set[str], int]]) -> None:
    """Whatever happens: who is there has a place within half a second, there is no gap a second after somebody left
    last, and order is kept."""
    room = Room()
    waiting_ns: dict[str, int] = {}
    before: set[str] = set()
    left_ns = 0  # since somebody left
    for present, ticks in history:
        left_ns = 0 if before - present else left_ns
        before = present
        for _ in range(ticks):
            line = room.settle("".join(sorted(present)))
            seen = line.replace(".", "")
            assert set(seen) <= present
            assert list(seen) == sorted(seen)
            waiting_ns = {name: waiting_ns.get(name, 0) + TICK_NS for name in present - set(seen)}
            left_ns += TICK_NS
            assert all(waited <= BATCH_NS + TICK_NS for waited in waiting_ns.values())
            assert "." not in line or left_ns <= HOLD_NS + TICK_NS


def two_of_one_person() -> list[tuple[str, Shape]]:
    return [("ada", Shape("front", 640, 360)), ("ada", Shape("side", 640, 360))]


def test_two_cameras_of_one_person_are_two_places() -> None:
    """Neither is taken for the other."""
    places = Vacancies(HOLD_NS)
    assert [shape.track for shape in places.settle(0, two_of_one_person(), 49)] == ["front", "side"]
    assert [shape.track for shape in places.settle(TICK_NS, two_of_one_person()[:1], 49)] == ["front", VACANT]


def rects(stage: Stage) -> dict[str, Rect]:
    return {tile.track: tile.rect for tile in stage.mix.picture.scene}


def test_a_share_that_flaps_does_not_shake_the_cameras() -> None:
    """Off and on again within a second, three times: the cameras stay in the strip. Then it is gone for good, and they
    get the canvas."""
    stage = Stage(**CALM, stage_hold_ns=200 * MS)
    stage.camera("cam")
    stage.push(frames("cam", encode(Codec.VP8, 160, 90, [RED] * 240)))
    stage.camera("share", stage=True)
    for second in range(3):
        stage.push(frames("share", encode(Codec.VP8, 160, 90, [GREEN] * 6), first_ns=second * SECOND))
    stage.run(0.8)
    strip = rects(stage)["cam"]
    shown = set()
    for _ in range(66):
        stage.run(0)
        shown.add("share" in rects(stage))
        assert rects(stage)["cam"] == strip
    assert shown == {True, False}
    stage.run(2.2)
    assert rects(stage) == {"cam": Rect(0, 0, 320, 180)}


def crowd(count: int, seconds: int) -> Stage:
    """So many cameras that are all in the grid after a second."""
    stage = Stage(**CALM, width=640, height=360)
    packets = encode(Codec.VP8, 64, 36, [RED] * seconds * 30)
    for number in range(count):
        stage.camera(f"cam {number}")
        stage.push(frames(f"cam {number}", packets))
    stage.run(1)
    assert len(rects(stage)) == count
    return stage


def check_full_strip(stage: Stage, large: str) -> None:
    """From the first tick that shows it and for longer than a gap is held: 22 cameras, none too small, no hole, and
    nothing moves."""
    before = rects(stage)
    assert large in before
    assert len(before) == 23
    assert all(rect.width * 12 >= 640 for rect in before.values())
    for _ in range(45):
        stage.run(0)
        assert rects(stage) == before


@pytest.mark.parametrize("count", [23, 24, 40])
def test_a_share_in_a_crowd_lays_the_strip_out_once(count: int) -> None:
    """Cameras without a tile beside it do not count as some that may be back in a moment."""
    stage = crowd(count, 3)
    stage.camera("share", stage=True)
    stage.push(frames("share", encode(Codec.VP8, 160, 90, [GREEN] * 60), first_ns=SECOND))
    stage.run(0)
    check_full_strip(stage, "share")


def test_a_crowd_changes_to_the_speaker_layout_once() -> None:
    """The same without a share."""
    stage = crowd(30, 3)
    stage.mix.set_layout(LayoutName.SPEAKER)
    stage.run(0)
    check_full_strip(stage, "cam 0")


def test_a_dragged_window_stays_where_it_is() -> None:
    """Another size every half second: its tile and the cameras rest, the window is seen whole in it; a second after it
    was let go the layout fits it."""
    stage = Stage(**CALM, width=640, height=360)
    stage.camera("cam")
    stage.push(frames("cam", encode(Codec.VP8, 160, 90, [RED] * 240)))
    stage.camera("share", stage=True)
    sizes = [(320, 180), (200, 200), (160, 240), (300, 120), (160, 200)]
    for index, size in enumerate(sizes):
        packets = encode(Codec.VP8, *size, [BLUE] * (15 if size != sizes[-1] else 90))
        stage.push(frames("share", packets, first_ns=index * SECOND // 2))
    stage.run(0.4)
    before = rects(stage)
    for _ in range(66):
        stage.run(0)
        assert rects(stage) == before
        assert is_shown_as(stage.colour("share"), BLUE)
    stage.run(1.4)
    after = rects(stage)
    assert after["share"] != before["share"]
    assert abs(after["share"].width / after["share"].height - 160 / 200) < 0.05


def test_a_camera_that_turns_back_and_forth_moves_nobody() -> None:
    """A phone between two hands: upright for half a second, and back."""
    stage = Stage(**CALM, width=640, height=360)
    for track in ("cam", "phone"):
        stage.camera(track)
    stage.push(frames("cam", encode(Codec.VP8, 160, 90, [RED] * 90)))
    for index, rotation in enumerate((0, 90, 0, 270)):
        packets = encode(Codec.VP8, 160, 90, [GREEN] * 15)
        stage.push(frames("phone", packets, first_ns=index * SECOND // 2, rotation=rotation))
    stage.run(0.4)
    before = rects(stage)
    for _ in range(42):
        stage.run(0)
        assert rects(stage) == before


def test_a_short_turn_does_not_count_for_the_next() -> None:
    """Upright for a moment, back in a smaller layer; upright again long after: the layout waits as for the first."""
    stage = Stage(**CALM, width=640, height=360)
    for track in ("cam", "phone"):
        stage.camera(track)
    stage.push(frames("cam", encode(Codec.VP8, 160, 90, [RED] * 240)))
    for first_s, (width, height), count in ((0, (320, 180), 30), (1, (180, 320), 9), (1.3, (160, 90), 141)):
        packets = encode(Codec.VP8, width, height, [GREEN] * count)
        stage.push(frames("phone", packets, first_ns=round(first_s * 30) * FRAME_NS))
    stage.push(frames("phone", encode(Codec.VP8, 180, 320, [GREEN] * 60), first_ns=180 * FRAME_NS))
    stage.run(0.7)
    before = rects(stage)
    for _ in range(163):
        stage.run(0)
        assert rects(stage) == before
    stage.run(1.5)
    assert rects(stage) != before


@pytest.mark.parametrize("layout", [LayoutName.AUTO, LayoutName.SPEAKER])
def test_a_muted_camera_is_not_seen_in_its_gap(layout: LayoutName) -> None:
    """The place is kept, but not the picture."""
    stage = Stage(**CALM, layout=layout)
    for track, colour in (("a", RED), ("b", GREEN)):
        stage.camera(track)
        stage.push(frames(track, encode(Codec.VP8, 160, 90, [colour] * 90)))
    stage.run(1)
    rect = rects(stage)["a"]
    stage.mix.set_muted("a", True, SECOND)
    stage.run(0.9)
    assert "a" not in rects(stage)
    mixed = stage.at(rect.x + rect.width // 2, rect.y + rect.height // 2)
    assert not is_shown_as(mixed, RED)
