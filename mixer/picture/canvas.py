"""The one picture everything is drawn on, tick after tick."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import av
import numpy as np

from mixer.decode.picture import Picture, Planes
from mixer.layout.tile import EMPTY, Fit, Rect, Scene, Tile, fitted_into
from mixer.layout.transition import Composition, between, is_worth_showing, still
from mixer.picture.background import fill
from mixer.picture.corners import Corners
from mixer.picture.scaling import Scaler, views
from mixer.picture.sheet import Sheet, Strides


class Canvas:
    """Persistent planar 4:2:0 in BT.709 limited. Only what changed is drawn, but for the ticks of a transition. Used by
    one thread.

    It is several sheets that take turns, so that the encoder may read one while the next is drawn, without a copy of
    the whole: a tile is drawn on a sheet, or copied from the sheet before, only if that shows something else there.
    """

    def __init__(self, width: int, height: int, transition_ns: int = 0, sheets: int = 2) -> None:
        """`transition_ns`: how long a change of scene takes; 0 makes every change a cut. A `frame` is written to again
        when `sheets` - 1 newer ones were drawn."""
        self.rect = Rect(0, 0, width, height)
        self.tiles_drawn = 0
        self.transition_ns = transition_ns
        self._sheets = [Sheet(width, height) for _ in range(sheets)]
        self._turn = 0
        self._sheet = self._sheets[0]
        self._scaler = Scaler()
        self._corners: dict[Strides, Corners] = {}  # memory that a sheet gets anew may have longer rows
        self._scene: Scene | None = None
        self._shown: dict[str, Picture] = {}  # by track: what was drawn last,
        self._numbers: dict[str, int] = {}  # and its number
        self._count = 0
        self._before: Composition | None = None  # where the transition under way began
        self._began_ns = 0

    @property
    def scene(self) -> Scene:
        """What is shown, or will be at the end of the transition."""
        return self._scene or EMPTY

    @property
    def is_blank(self) -> bool:
        """Nothing was ever drawn, not even the background."""
        return self._scene is None

    @property
    def frame(self) -> av.VideoFrame:
        """What was drawn last; the same object until something changes."""
        return self._sheet.frame

    @property
    def planes(self) -> Planes:
        """Those of `frame`."""
        return self._sheet.planes

    def draw(self, scene: Scene, pictures: Mapping[str, Picture], now_ns: int = 0) -> bool:
        """Bring the canvas up to date: every tile of `scene` shows its track's picture, or is on its way to its place.
        False: nothing changed. What has left the scene fades from the picture it showed last."""
        if scene != self._scene:
            self._set_out(scene, now_ns)
        if self._before is not None and (progress := self._progress(now_ns)) < 1:
            self._draw_composition(between(self._before, scene, progress), pictures)
            return True
        self._before = None
        if self._sheet.scene == scene and all(self._shown[tile.track] is pictures[tile.track] for tile in scene):
            return False
        self._draw_scene(scene, pictures)
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

    def _turn_over(self) -> Sheet:
        self._turn = (self._turn + 1) % len(self._sheets)
        self._sheet = self._sheets[self._turn]
        self._sheet.take()
        return self._sheet

    def _draw_scene(self, scene: Scene, pictures: Mapping[str, Picture]) -> None:
        before, sheet = self._sheet, self._turn_over()
        if sheet.scene != scene:
            fill(sheet.planes)
            sheet.scene, sheet.drawn = scene, {}
        self._show({tile.track: pictures[tile.track] for tile in scene})
        at_hand = before.drawn if before.scene == scene else {}
        drawn = []
        for tile in scene:
            number = self._numbers[tile.track]
            if sheet.drawn.get(tile.track) == number:
                continue
            if at_hand.get(tile.track) == number:
                _copy(before, sheet, tile.rect)
            else:
                self._draw_tile(sheet, tile, pictures[tile.track])
                drawn.append(tile)
            sheet.drawn[tile.track] = number
        self._round(sheet, [tile.rect for tile in drawn if tile.fit is Fit.FILL])
        self.tiles_drawn += len(drawn)

    def _round(self, sheet: Sheet, rects: Sequence[Rect]) -> None:
        corners = self._corners.get(sheet.strides)
        if corners is None:
            corners = self._corners[sheet.strides] = Corners(self.rect.width, self.rect.height, sheet.strides)
        corners.round(sheet.flats, rects)

    def _show(self, pictures: dict[str, Picture]) -> None:
        """These and no others. A picture that was not shown before gets a number of its own."""
        numbers = {}
        for track, picture in pictures.items():
            if self._shown.get(track) is picture:
                numbers[track] = self._numbers[track]
            else:
                self._count += 1
                numbers[track] = self._count
        self._shown, self._numbers = pictures, numbers

    def _draw_tile(self, sheet: Sheet, tile: Tile, picture: Picture) -> None:
        inner = _inner(tile, picture)
        if inner is not tile:
            fill(views(sheet.planes, tile.rect))
        self._scaler.draw(picture, inner, sheet.planes)

    def _draw_composition(self, composition: Composition, pictures: Mapping[str, Picture]) -> None:
        """All of it, in order: tiles may lie over each other."""
        sheet = self._turn_over()
        sheet.scene, sheet.drawn = None, {}
        fill(sheet.planes)
        known = {**self._shown, **pictures}
        placed = [one for one in composition if one.tile.track in known]
        for one in placed:
            tile, picture = one.tile, known[one.tile.track]
            self._scaler.draw(picture, _inner(tile, picture), sheet.planes, opacity=one.opacity, quick=True)
            if tile.fit is Fit.FILL and one.opacity == 1:
                self._round(sheet, [tile.rect])
        self._show({one.tile.track: known[one.tile.track] for one in placed})
        self.tiles_drawn += len(placed)


def _inner(tile: Tile, picture: Picture) -> Tile:
    """What the picture covers of its tile: all, unless a stage has another shape than the one its tile was made for."""
    if tile.fit is Fit.FILL:
        return tile
    rect = fitted_into(tile.rect, picture.size.width, picture.size.height)
    return tile if rect == tile.rect else replace(tile, rect=rect)


def _copy(source: Sheet, target: Sheet, rect: Rect) -> None:
    for part, into in zip(views(source.planes, rect), views(target.planes, rect), strict=True):
        np.copyto(into, part)
