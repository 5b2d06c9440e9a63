"""How far what a recording shows is from what was drawn: smears and damage beside the mark, not only in it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from signaling.rehearsal.marks import Box, Mark, Plane
from signaling.rehearsal.picture import Scene, draw_picture, mark_box

BLOCKS = 8  # the area is compared in 8 x 8 blocks
BROKEN_ABOVE = 16.0  # luma; encoding and scaling alone stay below 8
# Of the source's width and height, from its middle: a tile may cut a quarter of the width, and edges are rounded.
REACH = (0.7, 0.9)
_GRID = BLOCKS * 12  # samples across and down: so few that an offset of a pixel does not count


def difference(luma: Plane, mark: Mark, scenes: Sequence[Scene], reach: tuple[float, float] = REACH) -> float:
    """The mean difference of luma in the worst block, for the scene (the same publication in its several sizes) that
    fits best; infinite when none fits. A recording is BT.709, whatever matrix the scene was sent in. The mark itself is
    left out. `reach` must be what the tile certainly shows."""
    return min((_difference(luma, mark, scene, reach) for scene in scenes), default=float("inf"))


def _difference(luma: Plane, mark: Mark, scene: Scene, reach: tuple[float, float]) -> float:
    source, shown = mark_box(scene), mark.box
    across, down = shown.width / source.width, shown.height / source.height
    inner = _middle(scene, reach)
    left = round(shown.x + (inner.x - source.x) * across)
    top = round(shown.y + (inner.y - source.y) * down)
    right, bottom = left + round(inner.width * across), top + round(inner.height * down)
    if left < 0 or top < 0 or right > luma.shape[1] or bottom > luma.shape[0]:
        return float("inf")
    drawn = _drawn(replace(scene, bt709=True), mark.number)
    drawn = drawn[inner.y : inner.y + inner.height, inner.x : inner.x + inner.width]
    seen = cv2.resize(luma[top:bottom, left:right], (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    apart = cv2.absdiff(seen, cv2.resize(drawn, (_GRID, _GRID), interpolation=cv2.INTER_AREA)).astype(np.float32)
    _leave_out(apart, source, inner)
    return float(cv2.resize(apart, (BLOCKS, BLOCKS), interpolation=cv2.INTER_AREA).max())


def _middle(scene: Scene, reach: tuple[float, float]) -> Box:
    width, height = int(scene.width * reach[0]), int(scene.height * reach[1])
    return Box((scene.width - width) // 2, (scene.height - height) // 2, width, height)


def _leave_out(apart: NDArray[np.float32], source: Box, inner: Box) -> None:
    """The mark and a margin of two samples: its checksum says whether it is whole."""
    x, y = _GRID / inner.width, _GRID / inner.height
    rows = slice(max(0, int((source.y - inner.y) * y) - 2), max(0, int((source.y + source.height - inner.y) * y) + 3))
    columns = slice(max(0, int((source.x - inner.x) * x) - 2), max(0, int((source.x + source.width - inner.x) * x) + 3))
    apart[rows, columns] = 0


@lru_cache(maxsize=64)
def _drawn(scene: Scene, number: int) -> Plane:
    return draw_picture(scene, number)[0]
