"""A large area, and a strip of cameras beside or below it: what `stage` and `speaker` share."""

from dataclasses import dataclass, replace
from itertools import product

from mixer.layout.camera import in_cell
from mixer.layout.tile import Rect, Scene, Shape, even, gap_for

ASPECT = 16 / 9
WIDTHS = (1 / 5, 1 / 4, 1 / 3)  # of the canvas width: the widest that a camera of the strip is, each worth a try,
SMALLEST = 1 / 12  # and, as long as there is room, never narrower than this
MOST_LANES = 3  # columns beside, or rows below
USUAL_LANES = 2  # as many as are reckoned with
LEAST = 1 / 4  # of the canvas, each way, is left for what is shown large
# The strip goes where it leaves the most for what is shown large; larger cameras weigh little against that.
CAMERA_WEIGHT = 0.25


@dataclass(frozen=True, slots=True)
class Strip:
    """One way to lay a strip out. `main` is what it leaves."""

    main: Rect
    cells: tuple[Rect, ...]


def capacity(canvas: Rect) -> int:
    """How many cameras a strip can hold without getting smaller than SMALLEST."""
    gap = gap_for(canvas)
    width = canvas.width * SMALLEST
    beside = int((canvas.height - gap) // (width / ASPECT + gap))
    below = int((canvas.width - gap) // (width + gap))
    return USUAL_LANES * max(beside, below)


def strips(canvas: Rect, count: int) -> list[Strip]:
    """Every way worth considering for `count` cameras."""
    if count == 0:
        return [Strip(canvas, ())]
    choices = product((_beside, _below), range(1, MOST_LANES + 1), WIDTHS)
    made = [lay(canvas, count, lanes, canvas.width * share) for lay, lanes, share in choices]
    roomy = [strip for strip in made if _leaves_room(strip.main, canvas)] or made[:1]
    legible = [strip for strip in roomy if strip.cells[0].width >= canvas.width * SMALLEST]
    return legible or roomy


def worth(strip: Strip, shown_large: int) -> float:
    """To compare strips by; `shown_large` is the area of what is shown in `strip.main`."""
    return float(shown_large * (strip.cells[0].area if strip.cells else 1) ** CAMERA_WEIGHT)


def cameras_in(strip: Strip, cameras: tuple[Shape, ...]) -> Scene:
    return tuple(in_cell(camera, cell) for camera, cell in zip(cameras, strip.cells, strict=True))


def balanced(strip: Strip, shown: Scene, cameras: Scene) -> Scene:
    """`shown` in `strip.main` and the cameras beside or below it: where it is narrower or lower than its place, what is
    left over is the same on this side of it, on the other, and behind the cameras."""
    if not cameras:
        return shown
    main, first = strip.main, strip.cells[0]
    left, top = min(tile.rect.x for tile in shown), min(tile.rect.y for tile in shown)
    if first.x >= main.x + main.width:
        over = main.width - (max(tile.rect.x + tile.rect.width for tile in shown) - left)
        by, behind = (main.x + over // 6 * 2 - left, 0), (-(over // 6 * 2), 0)
    else:
        over = main.height - (max(tile.rect.y + tile.rect.height for tile in shown) - top)
        by, behind = (0, main.y + over // 6 * 2 - top), (0, -(over // 6 * 2))
    return _moved(shown, by) + _moved(cameras, behind)


def _moved(scene: Scene, by: tuple[int, int]) -> Scene:
    return tuple(replace(tile, rect=replace(tile.rect, x=tile.rect.x + by[0], y=tile.rect.y + by[1])) for tile in scene)


def _leaves_room(main: Rect, canvas: Rect) -> bool:
    return main.width >= canvas.width * LEAST and main.height >= canvas.height * LEAST


def _beside(canvas: Rect, count: int, lanes: int, widest: float) -> Strip:
    gap = gap_for(canvas)
    rows = -(-count // lanes)
    height = (canvas.height - (rows + 1) * gap) / rows
    width = even(min(widest, height * ASPECT))
    height = even(width / ASPECT)
    lanes = -(-count // rows)
    left = canvas.x + canvas.width - lanes * (width + gap)
    cells = []
    for index in range(count):
        row, lane = divmod(index, lanes)
        missing = lanes - min(lanes, count - row * lanes)
        indent = missing * (width + gap) // 4 * 2
        top = even((canvas.height - rows * height - (rows - 1) * gap) / 2)
        cells.append(Rect(left + indent + lane * (width + gap), canvas.y + top + row * (height + gap), width, height))
    main = Rect(canvas.x + gap, canvas.y + gap, left - canvas.x - 2 * gap, canvas.height - 2 * gap)
    return Strip(main, tuple(cells))


def _below(canvas: Rect, count: int, lanes: int, widest: float) -> Strip:
    gap = gap_for(canvas)
    columns = -(-count // lanes)
    width = even(min(widest, (canvas.width - (columns + 1) * gap) / columns))
    height = even(width / ASPECT)
    lanes = -(-count // columns)
    top = canvas.y + canvas.height - lanes * (height + gap)
    cells = []
    for index in range(count):
        lane, column = divmod(index, columns)
        in_lane = min(columns, count - lane * columns)
        left = even((canvas.width - in_lane * width - (in_lane - 1) * gap) / 2)
        cells.append(Rect(canvas.x + left + column * (width + gap), top + lane * (height + gap), width, height))
    main = Rect(canvas.x + gap, canvas.y + gap, canvas.width - 2 * gap, top - canvas.y - 2 * gap)
    return Strip(main, tuple(cells))
