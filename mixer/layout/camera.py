"""How a camera sits in the cell it is given."""

import math
from collections.abc import Sequence

from mixer.layout.tile import Fit, Rect, Shape, Tile, centred

# A camera fills its cell, but only so much of it is cropped, as the whole by what is left: faces are in the middle
# between the sides, but near the top. A phone held upright gets a narrower tile instead of a stripe of a face; 4:3 in
# 16:9 loses a quarter and fills.
MOST_FROM_SIDES = 1.5
MOST_FROM_TOP = 1.34
# What is cropped counts against a shape of cells: as a power of what is left.
SIDES_WEIGH = 0.5
TOP_WEIGHS = 1.5
# Cells have one of these shapes: with few of them, the grid does not move because one camera of nine turned.
CELL_ASPECTS = (16 / 9, 4 / 3, 1.0, 3 / 4, 9 / 16)


def in_cell(camera: Shape, cell: Rect) -> Tile:
    cell_aspect = cell.width / cell.height
    aspect = tile_aspect(camera, cell_aspect)
    if aspect < cell_aspect:
        rect = centred(cell, cell.height * aspect, cell.height)
    else:
        rect = centred(cell, cell.width, cell.width / aspect)
    return Tile(camera.track, rect, Fit.FILL)


def alone(camera: Shape, canvas: Rect) -> Tile:
    """With nobody beside it, it fills the canvas, or is shown whole."""
    aspect = canvas.width / canvas.height
    if tile_aspect(camera, aspect) == aspect:
        return in_cell(camera, canvas)
    return Tile(camera.track, centred(canvas, canvas.height * camera.aspect, canvas.width / camera.aspect), Fit.FILL)


def tile_aspect(camera: Shape, cell_aspect: float) -> float:
    """The cell's, as far as the camera can be cropped to it."""
    return min(max(cell_aspect, camera.aspect / MOST_FROM_SIDES), camera.aspect * MOST_FROM_TOP)


def cell_aspects(cameras: Sequence[Shape]) -> list[float]:
    """Shapes of cells that crop the middle one of the cameras' shapes moderately: no more than from the top."""
    middle = sorted(camera.aspect for camera in cameras)[len(cameras) // 2]

    def crop(aspect: float) -> float:
        return max(aspect / middle, middle / aspect)

    return [aspect for aspect in CELL_ASPECTS if crop(aspect) <= MOST_FROM_TOP] or [min(CELL_ASPECTS, key=crop)]


def worth(camera: Shape, cell_aspect: float) -> float:
    """How well the camera is shown in a cell of that shape: the part of the cell it covers, less what is cropped."""
    aspect = tile_aspect(camera, cell_aspect)
    covered = min(aspect / cell_aspect, cell_aspect / aspect)
    if aspect < camera.aspect:
        return covered * math.pow(aspect / camera.aspect, SIDES_WEIGH)
    return covered * math.pow(camera.aspect / aspect, TOP_WEIGHS)
