"""The way from one scene to the next: where every tile is, and how opaque, part of the way through."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from mixer.layout.tile import Rect, Scene, Tile

# Parts of the way, 0 to 1. What goes is gone before what comes covers its place; where one takes the place of another
# the two overlap, so that the background does not flash through.
GOES = (0.0, 0.5)
COMES = (0.3, 1.0)
IS_REPLACED = (0.5, 1.0)
REPLACES = (0.0, 0.7)
# Fainter than this is not drawn.
FAINTEST = 0.04
# Tiles that move by less than this part of their size, with nobody coming or going, are not worth a transition.
WORTH_MOVING = 0.04


@dataclass(frozen=True, slots=True)
class Placed:
    """A tile part of the way; `opacity` is above 0 and at most 1, over what was placed before it."""

    tile: Tile
    opacity: float = 1.0


Composition = tuple[Placed, ...]


def still(scene: Scene) -> Composition:
    return tuple(Placed(tile) for tile in scene)


def is_worth_showing(before: Composition, after: Scene) -> bool:
    """Whether the change is one that a viewer should be led through."""
    known = {placed.tile.track: placed for placed in before}
    if known.keys() != {tile.track for tile in after}:
        return True
    return any(
        known[tile.track].opacity < 1 or _distance(known[tile.track].tile.rect, tile.rect) > WORTH_MOVING
        for tile in after
    )


def between(before: Composition, after: Scene, progress: float) -> Composition:
    """What to draw, in this order, `progress` (0 to 1) of the way from `before` to `after`.

    Tiles that stay glide, those that go fade out, those that come fade in. `before` may itself be part of a way: a
    change of mind goes on from where everything is.
    """
    if progress >= 1:
        return still(after)
    known = {placed.tile.track: placed for placed in before}
    staying = {tile.track for tile in after} & known.keys()
    arriving = [tile for tile in after if tile.track not in known]
    leaving = [placed for placed in before if placed.tile.track not in staying]
    return (
        *_going(leaving, arriving, progress),
        *_coming(arriving, leaving, progress),
        *sorted(
            (_gliding(known[tile.track], tile, progress) for tile in after if tile.track in staying),
            key=lambda placed: -placed.tile.rect.area,
        ),
    )


def _going(leaving: Sequence[Placed], arriving: Sequence[Tile], progress: float) -> list[Placed]:
    places = [tile.rect for tile in arriving]
    faded = [
        replace(
            placed,
            opacity=placed.opacity * (1 - _ramp(progress, IS_REPLACED if _meets(placed.tile.rect, places) else GOES)),
        )
        for placed in leaving
    ]
    return [placed for placed in faded if placed.opacity >= FAINTEST]


def _coming(arriving: Sequence[Tile], leaving: Sequence[Placed], progress: float) -> list[Placed]:
    places = [placed.tile.rect for placed in leaving]
    faded = [Placed(tile, _ramp(progress, REPLACES if _meets(tile.rect, places) else COMES)) for tile in arriving]
    return [placed for placed in faded if placed.opacity >= FAINTEST]


def _gliding(before: Placed, after: Tile, progress: float) -> Placed:
    way = progress * progress * (3 - 2 * progress)  # starts and ends gently
    one, other = before.tile.rect, after.rect
    rect = Rect(
        _on_the_way(one.x, other.x, way),
        _on_the_way(one.y, other.y, way),
        _on_the_way(one.width, other.width, way),
        _on_the_way(one.height, other.height, way),
    )
    return Placed(replace(after, rect=rect), before.opacity + (1 - before.opacity) * progress)


def _on_the_way(one: int, other: int, way: float) -> int:
    return one + round((other - one) * way / 2) * 2


def _ramp(progress: float, span: tuple[float, float]) -> float:
    return min(1.0, max(0.0, (progress - span[0]) / (span[1] - span[0])))


def _meets(rect: Rect, others: Collection[Rect]) -> bool:
    """One of the others has about the same place: the middle of either lies in the other."""
    return any(_holds(rect, other) and _holds(other, rect) for other in others)


def _holds(rect: Rect, other: Rect) -> bool:
    x, y = other.x + other.width / 2, other.y + other.height / 2
    return rect.x <= x <= rect.x + rect.width and rect.y <= y <= rect.y + rect.height


def _distance(one: Rect, other: Rect) -> float:
    """The furthest that an edge moves, as a part of the smaller size."""
    moves = (
        one.x - other.x,
        one.y - other.y,
        one.x + one.width - other.x - other.width,
        one.y + one.height - other.y - other.height,
    )
    return max(map(abs, moves)) / min(one.width, one.height, other.width, other.height)
