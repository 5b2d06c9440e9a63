"""Round corners, by touching nothing but the corners."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mixer.decode.picture import Plane
from mixer.layout.tile import Fit, Rect, Tile
from mixer.picture.background import BACKGROUND
from mixer.picture.sheet import Memory

RADIUS = 1 / 160  # of the canvas width: 12 pixels at 1080p
_FINE = 8  # samples a pixel, each way, to see how much of it lies inside


class Corners:
    """Draws background over what lies outside of the round corners of tiles."""

    def __init__(self, width: int, height: int, memory: Memory) -> None:
        """For pictures that lie so in memory."""
        self._height, self._width = height, width
        radius = self._radius = max(2, round(width * RADIUS / 2) * 2)
        self._planes = [
            _PlaneCorners(start, stride, radius // 2 if index else radius, 1 if index else 0)
            for index, (start, stride) in enumerate(memory)
        ]
        shares = [corners.share for corners in self._planes]
        rests = [(1 - share) * 256 * background for share, background in zip(shares, BACKGROUND, strict=True)]
        self._share = (np.concatenate(shares) * 256).astype(np.uint16)
        self._rest = (np.concatenate(rests) + 128).astype(np.uint16)

    def of(self, tiles: Sequence[Tile]) -> "RoundTiles":
        """Where the corners of these lie. A stage keeps its own; so do tiles that are tiny, or reach the edge of the
        canvas."""
        rounded = [place for place, tile in enumerate(tiles) if tile.fit is Fit.FILL and self._is_rounded(tile.rect)]
        where = [corners.find([tiles[place].rect for place in rounded]) for corners in self._planes]
        return RoundTiles(rounded, np.concatenate(where, axis=1), self._share, self._rest)

    def _is_rounded(self, rect: Rect) -> bool:
        inside = rect.x > 0 and rect.x + rect.width < self._width and rect.y > 0
        return inside and rect.y + rect.height < self._height and min(rect.width, rect.height) >= 4 * self._radius


class RoundTiles:
    """The tiles of one scene."""

    def __init__(
        self,
        rounded: Sequence[int],
        where: NDArray[np.intp],
        share: NDArray[np.uint16],
        rest: NDArray[np.uint16],
    ) -> None:
        """`rounded`: places of the tiles with round corners, `where`: a row of pixels for each of them. What is there
        counts with its `share` of 256, and `rest` is added."""
        self._rows = {place: row for row, place in enumerate(rounded)}
        self._where, self._share, self._rest = where, share, rest

    def round(self, flat: Plane, places: Sequence[int]) -> None:
        """Those of the tiles that were drawn: once each time, because what is half covered is mixed with what is
        there."""
        rows = [self._rows[place] for place in places if place in self._rows]
        if not rows:
            return
        where = self._where if len(rows) == len(self._rows) else self._where[rows]
        mixed = flat.take(where) * self._share
        mixed += self._rest
        mixed >>= 8
        flat[where] = mixed.astype(np.uint8)  # an assignment would convert them one by one


class _PlaneCorners:
    def __init__(self, start: int, stride: int, radius: int, shift: int) -> None:
        self._start, self._stride, self._shift = start, stride, shift
        covered = _covered(radius)
        rows, columns = np.nonzero(covered < 1)
        self.share = np.tile(covered[rows, columns], 4)  # of the tile's own, by pixel
        # From the outermost pixel of each corner.
        self._inwards = np.stack([down * rows * stride + right * columns for down in (1, -1) for right in (1, -1)])

    def find(self, rects: Sequence[Rect]) -> NDArray[np.intp]:
        """The pixels of each, a row each."""
        outermost = np.array([self._outermost(rect) for rect in rects], np.intp).reshape(len(rects), 4, 1)
        return (outermost + self._inwards).reshape(len(rects), self.share.size)

    def _outermost(self, rect: Rect) -> list[int]:
        left, top = rect.x >> self._shift, rect.y >> self._shift
        right, bottom = (rect.x + rect.width >> self._shift) - 1, (rect.y + rect.height >> self._shift) - 1
        return [self._start + row * self._stride + column for row in (top, bottom) for column in (left, right)]


def _covered(radius: int) -> NDArray[np.float64]:
    """How much of each pixel of the top left corner lies inside of the round one: (radius, radius), 0 to 1."""
    fine = (np.arange(radius * _FINE) + 0.5) / _FINE - radius
    inside = fine[:, None] ** 2 + fine[None, :] ** 2 <= radius**2
    covered: NDArray[np.float64] = inside.reshape(radius, _FINE, radius, _FINE).mean(axis=(1, 3))
    return covered
