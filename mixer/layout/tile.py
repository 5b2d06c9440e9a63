"""The values layouts work on."""

from dataclasses import dataclass
from enum import Enum

WIDEST = 16.0
# Tiles and pictures of the same shape can differ by this much, in pixels of the canvas.
ROUNDING = 6


class Fit(Enum):
    FILL = "fill"  # the tile is covered; what sticks out is cropped: less above a head than below it
    INSIDE = "inside"  # the whole picture; the tile has its shape


@dataclass(frozen=True, slots=True)
class Rect:
    """Pixels of the canvas. Even everywhere: colour has half the resolution."""

    x: int
    y: int
    width: int
    height: int

    @property
    def area(self) -> int:
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Shape:
    """A publication as a layout sees it: upright size in pixels."""

    track: str
    width: int
    height: int

    @property
    def aspect(self) -> float:
        """Width by height; a window dragged to a thread counts as 16 to 1."""
        return min(max(self.width / self.height, 1 / WIDEST), WIDEST)


@dataclass(frozen=True, slots=True)
class Tile:
    track: str
    rect: Rect
    fit: Fit


Scene = tuple[Tile, ...]
EMPTY: Scene = ()


def even(value: float) -> int:
    """The even number at or below `value`, at least 2."""
    return max(2, int(value) // 2 * 2)


def centred(area: Rect, width: float, height: float) -> Rect:
    """A rectangle of about this size in the middle of `area`, within it."""
    w, h = min(even(width), area.width), min(even(height), area.height)
    return Rect(area.x + (area.width - w) // 4 * 2, area.y + (area.height - h) // 4 * 2, w, h)


def largest(aspect: float, width: float, height: float) -> tuple[float, float]:
    """The largest (width, height) of that shape within the given one."""
    return (width, width / aspect) if width / aspect <= height else (height * aspect, height)


def gap_for(canvas: Rect) -> int:
    """Between tiles, and around them: 8 pixels at 1080p."""
    return even(canvas.width / 240)


def fitted_into(rect: Rect, width: int, height: int) -> Rect:
    """Where a whole picture of that size lies in `rect`; all of it when only rounding keeps it from that."""
    shape = Shape("", width, height)
    fit_width, fit_height = largest(shape.aspect, rect.width, rect.height)
    if fit_width > rect.width - ROUNDING and fit_height > rect.height - ROUNDING:
        return rect
    return centred(rect, fit_width, fit_height)
