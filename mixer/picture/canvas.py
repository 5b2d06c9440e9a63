"""The one picture everything is drawn on."""

from collections.abc import Mapping

import numpy as np

from mixer.decode.picture import Picture, Planes
from mixer.layout.tile import EMPTY, Rect, Scene
from mixer.picture.scaling import Scaler

BACKGROUND = (34, 129, 127)  # a quiet, nearly black grey (BT.709 limited)


class Canvas:
    """Persistent planar 4:2:0 in BT.709 limited. Only what changed is drawn. Used by one thread."""

    def __init__(self, width: int, height: int) -> None:
        self.rect = Rect(0, 0, width, height)
        self.planes: Planes = (
            np.empty((height, width), np.uint8),
            np.empty((height // 2, width // 2), np.uint8),
            np.empty((height // 2, width // 2), np.uint8),
        )
        self.tiles_drawn = 0
        self._scaler = Scaler()
        self._scene: Scene | None = None
        self._drawn: dict[str, Picture] = {}

    def draw(self, scene: Scene, pictures: Mapping[str, Picture]) -> bool:
        """Bring the canvas up to date: every tile of `scene` shows its track's picture. False: nothing changed.

        This is where a short transition from the scene before would be drawn.
        """
        moved = scene != self._scene
        if moved:
            self._clear()
            self._scene = scene
        stale = [tile for tile in scene if self._drawn.get(tile.track) is not pictures[tile.track]]
        for tile in stale:
            picture = pictures[tile.track]
            self._scaler.draw(picture, tile, self.planes)
            self._drawn[tile.track] = picture
        self.tiles_drawn += len(stale)
        return moved or bool(stale)

    @property
    def scene(self) -> Scene:
        return self._scene or EMPTY

    def _clear(self) -> None:
        self._drawn.clear()
        for plane, value in zip(self.planes, BACKGROUND, strict=True):
            plane.fill(value)
