"""The one picture everything is drawn on."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mixer.decode.picture import Picture, Planes
from mixer.layout.tile import EMPTY, Fit, Rect, Scene, Tile, fitted_into
from mixer.layout.transition import Composition, between, is_worth_showing, still
from mixer.picture.background import fill
from mixer.picture.corners import Corners
from mixer.picture.scaling import Scaler, views


class Canvas:
    """Persistent planar 4:2:0 in BT.709 limited. Only what changed is drawn, but for the ticks of a transition. Used by
    one thread."""

    def __init__(self, width: int, height: int, transition_ns: int = 0) -> None:
        """`transition_ns`: how long a change of scene takes; 0 makes every change a cut."""
        self.rect = Rect(0, 0, width, height)
        self.planes: Planes = (
            np.empty((height, width), np.uint8),
            np.empty((height // 2, width // 2), np.uint8),
            np.empty((height // 2, width // 2), np.uint8),
        )
        self.tiles_drawn = 0
        self.transition_ns = transition_ns
        self._scaler = Scaler()
        self._corners = Corners(self.planes)
        self._scene: Scene | None = None
        self._drawn: dict[str, Picture] = {}
        self._before: Composition | None = None  # where the transition under way began
        self._began_ns = 0

    @property
    def scene(self) -> Scene:
        """What is shown, or will be at the end of the transition."""
        return self._scene or EMPTY

    def draw(self, scene: Scene, pictures: Mapping[str, Picture], now_ns: int = 0) -> bool:
        """Bring the canvas up to date: every tile of `scene` shows its track's picture, or is on its way to its place.
        False: nothing changed. What has left the scene fades from the picture it showed last."""
        if scene != self._scene:
            self._set_out(scene, now_ns)
        if self._before is None:
            return self._draw_stale(scene, pictures)
        progress = self._progress(now_ns)
        if progress < 1:
            self._draw_composition(between(self._before, scene, progress), pictures)
            return True
        self._before = None
        self._drawn.clear()
        fill(self.planes)
        self._draw_stale(scene, pictures)
        return True

    def _set_out(self, scene: Scene, now_ns: int) -> None:
        """Begin where everything is now, which may be part of another way. The first scene is there at once."""
        before = (
            still(self.scene) if self._before is None else between(self._before, self.scene, self._progress(now_ns))
        )
        is_cut = self._scene is None or not is_worth_showing(before, scene)
        self._began_ns = now_ns - self.transition_ns if is_cut else now_ns
        self._before = before
        self._scene = scene

    def _progress(self, now_ns: int) -> float:
        return (now_ns - self._began_ns) / self.transition_ns if self.transition_ns else 1.0

    def _draw_stale(self, scene: Scene, pictures: Mapping[str, Picture]) -> bool:
        stale = [tile for tile in scene if self._drawn.get(tile.track) is not pictures[tile.track]]
        for tile in stale:
            picture = pictures[tile.track]
            inner = _inner(tile, picture)
            if inner is not tile:
                fill(views(self.planes, tile.rect))
            self._scaler.draw(picture, inner, self.planes)
            self._drawn[tile.track] = picture
        self._corners.round([tile.rect for tile in stale if tile.fit is Fit.FILL])
        self.tiles_drawn += len(stale)
        return bool(stale)

    def _draw_composition(self, composition: Composition, pictures: Mapping[str, Picture]) -> None:
        """All of it, in order: tiles may lie over each other."""
        known = self._drawn
        self._drawn = {}
        fill(self.planes)
        for placed in composition:
            tile = placed.tile
            picture = pictures.get(tile.track) or known.get(tile.track)
            if picture is not None:
                self._scaler.draw(picture, _inner(tile, picture), self.planes, opacity=placed.opacity, quick=True)
                self._drawn[tile.track] = picture
                if tile.fit is Fit.FILL and placed.opacity == 1:
                    self._corners.round([tile.rect])
        self.tiles_drawn += len(self._drawn)


def _inner(tile: Tile, picture: Picture) -> Tile:
    """What the picture covers of its tile: all, unless a stage has another shape than the one its tile was made for."""
    if tile.fit is Fit.FILL:
        return tile
    rect = fitted_into(tile.rect, picture.size.width, picture.size.height)
    return tile if rect == tile.rect else replace(tile, rect=rect)
