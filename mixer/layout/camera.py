"""How a camera sits in the cell it is given."""

from mixer.layout.tile import Fit, Rect, Shape, Tile, centred

# A camera fills its cell, but no more than a third of it is cropped: a phone held upright gets a narrower tile instead
# of a stripe of a face. 4:3 in 16:9 loses a quarter and fills.
MOST_CROP = 1.5


def in_cell(camera: Shape, cell: Rect) -> Tile:
    cell_aspect = cell.width / cell.height
    aspect = min(max(cell_aspect, camera.aspect / MOST_CROP), camera.aspect * MOST_CROP)
    if aspect < cell_aspect:
        rect = centred(cell, cell.height * aspect, cell.height)
    else:
        rect = centred(cell, cell.width, cell.width / aspect)
    return Tile(camera.track, rect, Fit.FILL)


# Cells have one of these shapes: with few of them, the grid does not move because one camera of nine turned.
CELL_ASPECTS = (16 / 9, 4 / 3, 1.0, 3 / 4)


def cell_aspect(cameras: tuple[Shape, ...]) -> float:
    """The cell shape nearest to the middle one of the cameras' shapes."""
    middle = sorted(camera.aspect for camera in cameras)[len(cameras) // 2]
    return min(CELL_ASPECTS, key=lambda aspect: max(aspect / middle, middle / aspect))
