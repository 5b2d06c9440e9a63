"""A large area, and a strip of cameras beside or below it: what `stage` and `speaker` share."""

from dataclasses import dataclass

from mixer.layout.camera import in_cell
from mixer.layout.tile import Rect, Scene, Shape, even, gap_for

ASPECT = 16 / 9
LARGEST = 1 / 5  # of the canvas width: a camera of the strip is never wider than this,
SMALLEST = 1 / 12  # and, as long as there is room, never narrower than this
MOST_LANES = 2  # columns beside, or rows below
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
    return MOST_LANES * max(beside, below)


def strips(canvas: Rect, count: int) -> list[Strip]:
    """Every way worth considering for `count` cameras."""
    if count == 0:
        return [Strip(canvas, ())]
    made = [_beside(canvas, count, lanes) for lanes in range(1, MOST_LANES + 1)]
    made += [_below(canvas, count, lanes) for lanes in range(1, MOST_LANES + 1)]
    legible = [strip for strip in made if strip.cells[0].width >= canvas.width * SMALLEST]
    return legible or made


def worth(strip: Strip, shown_large: int) -> float:
    """To compare strips by; `shown_large` is the area of what is shown in `strip.main`."""
    return float(shown_large * (strip.cells[0].area if strip.cells else 1) ** CAMERA_WEIGHT)


def cameras_in(strip: Strip, cameras: tuple[Shape, ...]) -> Scene:
    return tuple(in_cell(camera, cell) for camera, cell in zip(cameras, strip.cells, strict=True))


def _beside(canvas: Rect, count: int, lanes: int) -> Strip:
    gap = gap_for(canvas)
    rows = -(-count // lanes)
    height = (canvas.height - (rows + 1) * gap) / rows
    width = even(min(canvas.width * LARGEST, height * ASPECT))
    height = even(width / ASPECT)
    lanes = -(-count // rows)
    left = canvas.x + canvas.width - lanes * (width + gap)
    cells = []
    for index in range(count):
        lane, row = index % lanes, index // lanes
        top = even((canvas.height - rows * height - (rows - 1) * gap) / 2)
        cells.append(Rect(left + lane * (width + gap), canvas.y + top + row * (height + gap), width, height))
    main = Rect(canvas.x + gap, canvas.y + gap, left - canvas.x - 2 * gap, canvas.height - 2 * gap)
    return Strip(main, tuple(cells))


def _below(canvas: Rect, count: int, lanes: int) -> Strip:
    gap = gap_for(canvas)
    columns = -(-count // lanes)
    width = even(min(canvas.width * LARGEST, (canvas.width - (columns + 1) * gap) / columns))
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
