"""The geometry of every layout, as a viewer would judge it."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.layout.arrangement import Cast, arrange, most_cameras, resolve
from mixer.layout.camera import MOST_FROM_SIDES, MOST_FROM_TOP
from mixer.layout.grid import row_counts
from mixer.layout.stage import AS_IT_IS, MOST_ENLARGED
from mixer.layout.tile import Fit, Rect, Scene, Shape
from mixer.settings import LayoutName

HD = Rect(0, 0, 1920, 1080)
CANVASES = [HD, Rect(0, 0, 1280, 720), Rect(0, 0, 640, 360), Rect(0, 0, 1080, 1920)]

sizes = st.sampled_from(
    [(640, 360), (1280, 720), (320, 180), (640, 480), (360, 640), (1920, 1080), (2560, 1080), (641, 361), (500, 500)]
)
odd_sizes = st.tuples(st.integers(1, 4000), st.integers(1, 4000))


def shapes(prefix: str, given_sizes: list[tuple[int, int]]) -> tuple[Shape, ...]:
    return tuple(Shape(f"{prefix}{index}", *size) for index, size in enumerate(given_sizes))


def check(canvas: Rect, scene: Scene, cast: Cast) -> None:
    """What holds for every scene."""
    known = {shape.track: shape for shape in cast.stages + cast.cameras}
    assert len({tile.track for tile in scene}) == len(scene)
    for tile in scene:
        rect = tile.rect
        assert all(value % 2 == 0 for value in (rect.x, rect.y, rect.width, rect.height))
        assert rect.width >= 2
        assert rect.height >= 2
        assert canvas.x <= rect.x
        assert canvas.y <= rect.y
        assert rect.x + rect.width <= canvas.x + canvas.width
        assert rect.y + rect.height <= canvas.y + canvas.height
        shape = known[tile.track]
        if min(rect.width, rect.height) > 40 and 1 / 4 < shape.aspect < 4:
            from_sides = shape.aspect / (rect.width / rect.height)
            sides, top = (1.0, 1.0) if tile.fit is Fit.INSIDE else (MOST_FROM_SIDES, MOST_FROM_TOP)
            assert from_sides <= sides * 1.06  # rounding to even pixels
            assert 1 / from_sides <= top * 1.06
    for one, other in combinations([tile.rect for tile in scene], 2):
        assert (
            one.x + one.width <= other.x
            or other.x + other.width <= one.x
            or one.y + one.height <= other.y
            or other.y + other.height <= one.y
        )


@settings(deadline=None)
@given(
    st.sampled_from(CANVASES),
    st.sampled_from([name for name in LayoutName if name is not LayoutName.AUTO]),
    st.lists(sizes | odd_sizes, max_size=4),
    st.lists(sizes | odd_sizes, max_size=49),
)
def test_tiles_are_apart_inside_and_even(
    canvas: Rect, name: LayoutName, stages: list[tuple[int, int]], cameras: list[tuple[int, int]]
) -> None:
    """Any room in any layout: inside the canvas, no overlap, even, everyone who fits is there once, shapes kept."""
    resolved = resolve(name, len(stages))
    limit = most_cameras(resolved, canvas, 49)
    cast = Cast(shapes("s", stages), shapes("c", cameras)[:limit])
    scene = arrange(resolved, canvas, cast)
    check(canvas, scene, cast)
    shown = {tile.track for tile in scene}
    if resolved in {LayoutName.STAGE, LayoutName.STAGE_ONLY}:
        assert {shape.track for shape in cast.stages} <= shown
    if resolved is not LayoutName.STAGE_ONLY:
        assert {shape.track for shape in cast.cameras} <= shown


@pytest.mark.parametrize("count", range(1, 50))
def test_a_grid_uses_the_canvas(count: int) -> None:
    """1 to 49 cameras of 16:9: equal tiles that cover at least half of the canvas, rows differ by one at most."""
    scene = arrange(LayoutName.GRID, HD, Cast(cameras=shapes("c", [(640, 360)] * count)))
    assert len({(tile.rect.width, tile.rect.height) for tile in scene}) == 1
    assert sum(tile.rect.area for tile in scene) >= (0.53 if count > 2 else 0.45) * HD.area
    rows = [sum(tile.rect.y == y for tile in scene) for y in sorted({tile.rect.y for tile in scene})]
    assert max(rows) - min(rows) <= 1
    assert rows == sorted(rows, reverse=True)


def test_rows_are_balanced() -> None:
    """7 in 2 rows are 4 and 3."""
    assert row_counts(7, 2) == (4, 3)


def test_one_camera_or_stage_has_the_whole_canvas() -> None:
    """Nothing beside it, no margin: a 1080p slide is shown pixel by pixel."""
    camera = arrange(LayoutName.GRID, HD, Cast(cameras=shapes("c", [(640, 360)])))
    slide = arrange(LayoutName.STAGE, HD, Cast(stages=shapes("s", [(1920, 1080)])))
    assert camera[0].rect == slide[0].rect == HD


@pytest.mark.parametrize(("size", "side"), [((2560, 1080), "below"), ((1024, 768), "beside"), ((1080, 1920), "beside")])
def test_the_strip_is_where_it_leaves_the_stage_largest(size: tuple[int, int], side: str) -> None:
    """Below a wide slide, beside a high one."""
    cast = Cast(shapes("s", [size]), shapes("c", [(640, 360)] * 4))
    stage, *cameras = arrange(LayoutName.STAGE, HD, cast)
    beside = all(camera.rect.x >= stage.rect.x + stage.rect.width for camera in cameras)
    below = all(camera.rect.y >= stage.rect.y + stage.rect.height for camera in cameras)
    assert (beside, below) == (side == "beside", side == "below")


@pytest.mark.parametrize("count", [0, 1, 4, 9, 16, 20])
def test_the_stage_dominates(count: int) -> None:
    """However many cameras, a 16:9 stage keeps more than half of the canvas's area."""
    cast = Cast(shapes("s", [(1920, 1080)]), shapes("c", [(640, 360)] * count))
    stage = arrange(LayoutName.STAGE, HD, cast)[0]
    assert stage.rect.area > 0.5 * HD.area


@given(odd_sizes)
def test_a_stage_is_not_blown_up(size: tuple[int, int]) -> None:
    """Twice its pixels at most; a little too small is shown as it is."""
    shape = Shape("s", *size)
    tile = arrange(LayoutName.STAGE, HD, Cast((shape,)))[0]
    assert tile.rect.width <= max(2, size[0] * MOST_ENLARGED)
    scale = min(HD.width / size[0], HD.height / size[1])
    if 1 <= scale <= AS_IT_IS and 1 / 16 < size[0] / size[1] < 16:
        assert abs(tile.rect.width - size[0]) <= 1
        assert abs(tile.rect.height - size[1]) <= 1


def test_a_phone_held_upright_is_not_cut_to_a_stripe() -> None:
    """It gets a narrower tile, in the middle of its cell."""
    scene = arrange(LayoutName.GRID, HD, Cast(cameras=shapes("c", [(640, 360)] * 3 + [(360, 640)])))
    landscape, portrait = scene[2].rect, scene[3].rect
    assert portrait.height == landscape.height
    assert portrait.width < portrait.height


@pytest.mark.parametrize(
    ("name", "stages", "resolved"),
    [
        (LayoutName.AUTO, 0, LayoutName.GRID),
        (LayoutName.AUTO, 1, LayoutName.STAGE),
        (LayoutName.STAGE, 0, LayoutName.GRID),
        (LayoutName.SPEAKER, 1, LayoutName.STAGE),
        (LayoutName.SPEAKER, 0, LayoutName.SPEAKER),
        (LayoutName.STAGE_ONLY, 0, LayoutName.STAGE_ONLY),
    ],
)
def test_which_layout_is_used(name: LayoutName, stages: int, resolved: LayoutName) -> None:
    """What is on stage is never left out, and `stage_only` shows nothing else."""
    assert resolve(name, stages) is resolved


def test_the_speaker_is_large() -> None:
    """Whoever is named has the largest tile."""
    cast = Cast(cameras=shapes("c", [(640, 360)] * 5), speaker="c3")
    scene = arrange(LayoutName.SPEAKER, HD, cast)
    assert max(scene, key=lambda tile: tile.rect.area).track == "c3"
