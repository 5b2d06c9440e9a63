"""Changes of layout: short, smooth, and without a jump or a flash."""

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.decode.colour import Colours, Matrix
from mixer.decode.picture import Picture, planes_of
from mixer.layout.arrangement import Cast, arrange
from mixer.layout.tile import Fit, Rect, Scene, Shape, Tile
from mixer.layout.transition import FAINTEST, Composition, between, is_worth_showing, still
from mixer.picture.background import BACKGROUND
from mixer.picture.canvas import Canvas
from mixer.settings import LayoutName
from tests.mixer.clips import BLUE, GREEN, GREY, RED, WHITE, Colour, near

HD = Rect(0, 0, 1920, 1080)
MS = 1_000_000
TICK_NS = 1_000_000_000 // 30
SHORT_NS = 280 * MS


def room(cameras: list[int], stages: int = 0, layout: LayoutName = LayoutName.GRID, *, canvas: Rect = HD) -> Scene:
    shapes = tuple(Shape(f"c{number}", 640, 360) for number in cameras)
    slides = tuple(Shape(f"s{number}", 1920, 1080) for number in range(stages))
    return arrange(layout, canvas, Cast(slides, shapes))


def picture(colour: Colour) -> Picture:
    frame = av.VideoFrame(320, 180, "yuv420p")
    for plane, value in zip(planes_of(frame), colour, strict=True):
        plane[:] = value
    return Picture(frame, 0, 0, Colours(Matrix.BT709, full_range=False))


rooms = st.builds(
    lambda cameras, stages: room(cameras, stages, LayoutName.STAGE if stages else LayoutName.GRID),
    st.lists(st.integers(0, 12), unique=True, max_size=9),
    st.integers(0, 2),
)


@settings(deadline=None)
@given(rooms, rooms, st.floats(0, 1))
def test_the_way_stays_on_the_canvas(before: Scene, after: Scene, progress: float) -> None:
    """Part of the way from any room to any other: even, inside, nothing shown that is in neither, no track twice."""
    placed = between(still(before), after, progress)
    tracks = [one.tile.track for one in placed]
    assert len(set(tracks)) == len(tracks)
    assert set(tracks) <= {tile.track for tile in before} | {tile.track for tile in after}
    for one in placed:
        rect = one.tile.rect
        assert FAINTEST <= one.opacity <= 1
        assert all(value % 2 == 0 for value in (rect.x, rect.y, rect.width, rect.height))
        assert 0 <= rect.x <= rect.x + rect.width <= HD.width
        assert 0 <= rect.y <= rect.y + rect.height <= HD.height


@settings(deadline=None)
@given(rooms, rooms)
def test_the_way_begins_here_and_ends_there(before: Scene, after: Scene) -> None:
    """At its beginning everything is where it was, at its end where it is to be."""
    beginning = [placed for placed in between(still(before), after, 0) if placed.opacity == 1]
    assert {placed.tile.rect for placed in beginning} == {tile.rect for tile in before}
    assert between(still(before), after, 1) == still(after)


def rects(composition: Composition) -> dict[str, Rect]:
    return {placed.tile.track: placed.tile.rect for placed in composition}


def furthest(one: dict[str, Rect], other: dict[str, Rect]) -> int:
    both = one.keys() & other.keys()
    return max((max(abs(one[t].x - other[t].x), abs(one[t].y - other[t].y)) for t in both), default=0)


@settings(deadline=None)
@given(rooms, rooms, rooms, st.floats(0, 1))
def test_a_change_of_mind_does_not_jump(first: Scene, second: Scene, third: Scene, progress: float) -> None:
    """A change in the middle of another goes on from where everything is, as opaque as it is."""
    middle = between(still(first), second, progress)
    onward = between(middle, third, 0)
    for placed in middle:
        later = next((one for one in onward if one.tile.track == placed.tile.track), None)
        assert later is not None
        assert later.tile.rect == placed.tile.rect
        assert abs(later.opacity - placed.opacity) < 1e-9


@settings(deadline=None)
@given(rooms, rooms)
def test_tiles_glide(before: Scene, after: Scene) -> None:
    """From tick to tick no tile moves by more than a third of its whole way."""
    steps = [rects(between(still(before), after, tick * TICK_NS / SHORT_NS)) for tick in range(9)]
    whole = furthest(steps[0], rects(still(after)))
    assert all(furthest(one, other) <= whole / 3 + 2 for one, other in pairwise(steps))


def test_a_pixel_or_two_are_no_transition() -> None:
    """A tile that changes by rounding is simply drawn."""
    before = (Tile("a", Rect(100, 100, 640, 360), Fit.FILL),)
    assert not is_worth_showing(still(before), (Tile("a", Rect(102, 100, 636, 358), Fit.FILL),))
    assert is_worth_showing(still(before), (Tile("a", Rect(200, 100, 640, 360), Fit.FILL),))
    assert is_worth_showing(still(before), ())


class Shown:
    """A canvas, tick by tick."""

    def __init__(self, transition_ns: int = SHORT_NS) -> None:
        self.canvas = Canvas(480, 270, transition_ns)
        self.now_ns = 0

    def scene(self, cameras: list[int], stages: int = 0) -> Scene:
        layout = LayoutName.STAGE if stages else LayoutName.GRID
        return room(cameras, stages, layout, canvas=self.canvas.rect)

    def tick(self, scene: Scene, pictures: dict[str, Picture]) -> bool:
        changed = self.canvas.draw(scene, pictures, self.now_ns)
        self.now_ns += TICK_NS
        return changed

    def at(self, x: int, y: int) -> Colour:
        y_plane, u, v = self.canvas.planes
        return int(y_plane[y, x]), int(u[y // 2, x // 2]), int(v[y // 2, x // 2])


def test_a_transition_ends_exactly_where_a_cut_would() -> None:
    """After its time the canvas is, pixel by pixel, the one drawn without a transition, and then stays at rest."""
    pictures = {"c0": picture(RED), "c1": picture(GREEN), "c2": picture(BLUE), "s0": picture(GREY)}
    smooth, cut = Shown(), Shown(transition_ns=0)
    for scene in (smooth.scene([0, 1]), smooth.scene([0, 1, 2], 1), smooth.scene([0, 2])):
        ticks = 0
        while smooth.tick(scene, pictures) and ticks < 60:
            ticks += 1
        cut.tick(scene, pictures)
        assert ticks <= SHORT_NS // TICK_NS + 2
        for one, other in zip(smooth.canvas.planes, cut.canvas.planes, strict=True):
            assert np.array_equal(one, other)


def test_a_new_picture_is_seen_while_tiles_move() -> None:
    """Nobody freezes for a transition."""
    shown = Shown()
    shown.tick(shown.scene([0]), {"c0": picture(RED)})
    before = {"c0": picture(RED), "c1": picture(GREY)}
    shown.tick(shown.scene([0, 1]), before)
    shown.tick(shown.scene([0, 1]), {**before, "c0": picture(BLUE)})
    assert near(shown.at(100, 135), BLUE)


def test_who_takes_a_place_does_not_flash() -> None:
    """One camera in place of another of the same colour: nothing flashes dark in its place."""
    shown = Shown()
    bright = (200, 128, 128)
    shown.tick(shown.scene([0, 1]), {"c0": picture(bright), "c1": picture(RED)})
    darkest = 255
    for _ in range(12):
        shown.tick(shown.scene([2, 1]), {"c2": picture(bright), "c1": picture(RED)})
        darkest = min(darkest, shown.at(100, 135)[0])
    assert darkest > 0.75 * bright[0]


def test_what_has_gone_is_gone_within_half_the_way() -> None:
    """A camera that was switched off fades at once; nothing of it is left when the transition ends."""
    shown = Shown()
    shown.tick(shown.scene([0]), {"c0": picture(RED)})
    shown.tick((), {})
    seen = [shown.at(240, 135)]
    for _ in range(5):
        shown.tick((), {})
        seen.append(shown.at(240, 135))
    assert seen[-1] == BACKGROUND
    assert not near(seen[1], BACKGROUND)


def test_no_transition_when_none_is_wanted() -> None:
    """At 0 ms every change is there with its tick."""
    shown = Shown(transition_ns=0)
    shown.tick(shown.scene([0]), {"c0": picture(RED)})
    shown.tick((), {})
    assert shown.at(240, 135) == BACKGROUND
    assert not shown.tick((), {})


def test_corners_are_round_in_memory_with_longer_rows() -> None:
    """Somebody keeps every picture, so that each is drawn into new memory; at 854 wide its rows are longer."""
    scene = room([0, 1, 2, 3], canvas=Rect(0, 0, 854, 480))
    canvases = [Canvas(854, 480), Canvas(854, 480)]
    graph = av.filter.Graph()
    source = graph.add_buffer(width=854, height=480, format=canvases[0].frame.format, time_base=Fraction(1, 30))
    source.link_to(graph.add("buffersink"))
    graph.configure()
    strides = set()
    for tick in range(5):
        for canvas in canvases:
            canvas.draw(scene, {tile.track: picture(WHITE) for tile in scene})
        kept = canvases[1].frame
        kept.pts = tick
        graph.push(kept)
        strides.add(kept.planes[0].line_size)
        assert all(map(np.array_equal, *(canvas.planes for canvas in canvases)))
    assert len(strides) == 2
