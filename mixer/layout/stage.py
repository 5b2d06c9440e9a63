"""What is on stage large, side by side when it is several; cameras in a strip on the side that leaves it largest."""

from mixer.layout.strip import cameras_in, strips, worth
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
        found.append((worth(strip, sum(tile.rect.area for tile in shown)), shown + cameras_in(strip, cameras)))
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
    """Columns or rows, whichever shows more. Equal heights make equal columns wrong: each gets its share by shape."""
    if len(stages) == 1:
        return (fitted(stages[0], area),)
    choices = (_columns(area, stages, gap), _rows(area, stages, gap))
    return max(choices, key=lambda tiles: sum(tile.rect.area for tile in tiles))


def _columns(area: Rect, stages: tuple[Shape, ...], gap: int) -> Scene:
    room = area.width - gap * (len(stages) - 1)
    total = sum(shape.aspect for shape in stages)
    tiles, x = [], area.x
    for shape in stages:
        width = even(room * shape.aspect / total)
        tiles.append(fitted(shape, Rect(x, area.y, width, area.height)))
        x += width + gap
    return tuple(tiles)


def _rows(area: Rect, stages: tuple[Shape, ...], gap: int) -> Scene:
    room = area.height - gap * (len(stages) - 1)
    total = sum(1 / shape.aspect for shape in stages)
    tiles, y = [], area.y
    for shape in stages:
        height = even(room / shape.aspect / total)
        tiles.append(fitted(shape, Rect(area.x, y, area.width, height)))
        y += height + gap
    return tuple(tiles)
