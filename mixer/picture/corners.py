"""Round corners, by touching nothing but the corners."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mixer.decode.picture import Plane
from mixer.layout.tile import Rect
from mixer.picture.background import BACKGROUND
from mixer.picture.sheet import Flats, Strides

RADIUS = 1 / 160  # of the canvas width: 12 pixels at 1080p
MOST_KNOWN = 512  # rectangles whose pixels are remembered; over it all are forgotten
_FINE = 8  # samples a pixel, each way, to see how much of it lies inside


class Corners:
    """Draws background over what lies outside of the round corners of tiles."""

    def __init__(self, width: int, height: int, strides: Strides) -> None:
        """For pictures whose planes have rows of so many bytes, padding included."""
        self._height, self._width = height, width
        radius = self._radius = max(2, round(width * RADIUS / 2) * 2)
        self._plane_corners = [
            _PlaneCorners(stride, radius // 2 if index else radius, BACKGROUND[index], 1 if index else 0)
            for index, stride in enumerate(strides)
        ]

    def round(self, flats: Flats, rects: Sequence[Rect]) -> None:
        """Once after each time a tile was drawn: what is half covered is mixed with what is there. Tiles that are tiny,
        or reach the edge of the canvas, keep their corners."""
        rounded = [rect for rect in rects if self._is_rounded(rect)]
        if rounded:
            for corners, flat in zip(self._plane_corners, flats, strict=True):
                corners.round(flat, rounded)

    def _is_rounded(self, rect: Rect) -> bool:
        inside = rect.x > 0 and rect.x + rect.width < self._width and rect.y > 0
        return inside and rect.y + rect.height < self._height and min(rect.width, rect.height) >= 4 * self._radius


class _PlaneCorners:
    def __init__(self, stride: int, radius: int, background: int, shift: int) -> None:
        self._stride = stride
        self._shift = shift
        self._known: dict[Rect, NDArray[np.intp]] = {}
        covered = _covered(radius)
        self._rows, self._columns = np.nonzero(covered < 1)
        share = np.tile(covered[self._rows, self._columns], 4)
        self._share = (share * 256).astype(np.uint16)
        self._rest = ((1 - share) * 256 * background + 128).astype(np.uint16)

    def round(self, flat: Plane, rects: Sequence[Rect]) -> None:
        where = np.concatenate([self._where(rect) for rect in rects])
        mixed = flat[where].reshape(len(rects), -1) * self._share
        mixed += self._rest
        mixed >>= 8
        flat[where] = mixed.reshape(-1)

    def _where(self, rect: Rect) -> NDArray[np.intp]:
        known = self._known.get(rect)
        if known is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            known = self._known[rect] = self._find(rect)
        return known

    def _find(self, rect: Rect) -> NDArray[np.intp]:
        left, top = rect.x >> self._shift, rect.y >> self._shift
        right, bottom = (rect.x + rect.width >> self._shift) - 1, (rect.y + rect.height >> self._shift) - 1
        rows = (top + self._rows, bottom - self._rows)
        columns = (left + self._columns, right - self._columns)
        return np.concatenate([row * self._stride + column for row in rows for column in columns])


def _covered(radius: int) -> NDArray[np.float64]:
    """How much of each pixel of the top left corner lies inside of the round one: (radius, radius), 0 to 1."""
    fine = (np.arange(radius * _FINE) + 0.5) / _FINE - radius
    inside = fine[:, None] ** 2 + fine[None, :] ** 2 <= radius**2
    covered: NDArray[np.float64] = inside.reshape(radius, _FINE, radius, _FINE).mean(axis=(1, 3))
    return covered
