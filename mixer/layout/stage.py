"""What is on stage large, side by side when it is several; cameras in a strip on the side that leaves it largest."""

from mixer.layout.strip import balanced, cameras_in, strips, worth
from mixer.layout.tile import Fit, Rect, Scene, Shape, Tile, centred, even, gap_for, largest

# Text is sharp only at its own pixels: a stage a little smaller than its place is shown as it is, a much smaller one is
# enlarged, but never so far that there is nothing but blur.
AS_IT_IS = 1.3
MOST_ENLARGED = 2.0


def stage(canvas: Rect, stages: tuple[Shape, ...], cameras: tuple[Shape, ...]) -> Scene:
    """The stage is never cropped. With nothing beside it, it has the whole canvas."""
    found = []
    for strip in strips(canvas, len(cameras)):
        shown = _side_by_side(strip.main, stages, gap_for(canvas))
        scene = balanced(strip, shown, cameras_in(strip, cameras))
        found.append((worth(strip, sum(tile.rect.area for tile in shown)), scene))
    return max(found, key=lambda pair: pair[0])[1]


def fitted(shape: Shape, area: Rect) -> Tile:
    width, height = largest(shape.aspect, area.width, area.height)
    scale = width / shape.width
    if 1 <= scale <= AS_IT_IS:
        width, height = shape.width, shape.height
    elif scale > MOST_ENLARGED:
        width, height = shape.width * MOST_ENLARGED, shape.height * MOST_ENLARGED
    return Tile(shape.track, centred(area, width, height), Fit.INSIDE)


def _side_by_side(area: Rect, stages: tuple[Shape, ...], gap: int) -> Scene:
    """In rows, or in columns, whichever shows more. Those of a row are equally high, but for what is too small."""
    if len(stages) == 1:
        return (fitted(stages[0], area),)
    turned = Rect(area.y, area.x, area.height, area.width)
    choices = []
    for parts in _partitions(stages):
        choices.append(_rows(area, parts, gap, [[shape.aspect for shape in row] for row in parts]))
        columns = _rows(turned, parts, gap, [[1 / shape.aspect for shape in row] for row in parts])
        choices.append([Rect(cell.y, cell.x, cell.height, cell.width) for cell in columns])
    scenes = [tuple(fitted(shape, cell) for shape, cell in zip(stages, cells, strict=True)) for cells in choices]
    return max(scenes, key=lambda tiles: sum(tile.rect.area for tile in tiles))


def _partitions(stages: tuple[Shape, ...]) -> list[list[tuple[Shape, ...]]]:
    """Every way to break a line into lines."""
    whole = [[stages]]
    for first in range(1, len(stages)):
        whole += [[stages[:first], *rest] for rest in _partitions(stages[first:])]
    return whole


def _rows(area: Rect, rows: list[tuple[Shape, ...]], gap: int, aspects: list[list[float]]) -> list[Rect]:
    """Cells of these aspects: each row as wide as the area, all of it shrunk together to fit its height."""
    heights = [(area.width - gap * (len(row) - 1)) / sum(row) for row in aspects]
    room = area.height - gap * (len(rows) - 1)
    scale = min(1.0, room / sum(heights))
    cells, y = [], area.y + (room - scale * sum(heights)) / 2
    for row, height in zip(aspects, heights, strict=True):
        x = area.x + (area.width - scale * height * sum(row) - gap * (len(row) - 1)) / 2
        for aspect in row:
            cells.append(_within(area, x, y, scale * height * aspect, scale * height))
            x += scale * height * aspect + gap
        y += scale * height + gap
    return cells


def _within(area: Rect, x: float, y: float, width: float, height: float) -> Rect:
    left = min(max(area.x, round(x / 2) * 2), area.x + area.width - 2)
    top = min(max(area.y, round(y / 2) * 2), area.y + area.height - 2)
    return Rect(left, top, min(even(width), area.x + area.width - left), min(even(height), area.y + area.height - top))
