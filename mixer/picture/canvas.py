"""The one picture everything is drawn on, tick after tick."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import av
import numpy as np

from mixer.decode.picture import Picture, Planes
from mixer.layout.tile import EMPTY, Fit, Rect, Scene, Tile, fitted_into
from mixer.layout.transition import Composition, between, is_worth_showing, still
from mixer.picture.background import fill
from mixer.picture.corners import Corners, RoundTiles
from mixer.picture.scaling import Scaler, views
from mixer.picture.sheet import Memory, Sheet


class Canvas:
    """Persistent planar 4:2:0 in BT.709 limited. Only what changed is drawn, but for the ticks of a transition. Used by
    one thread.

    It is one sheet as long as nobody looks at it when the next picture is drawn. An encoder that is behind keeps the
    sheet, and another takes its place, without a copy of the whole: a tile is drawn on a sheet, or copied from the
    sheet before, only if that shows something else there.
    """

    def __init__(self, width: int, height: int, transition_ns: int = 0, sheets: int = 2) -> None:
        """`transition_ns`: how long a change of scene takes; 0 makes every change a cut. A `frame` that was lent is
        written to again when it was given back, or `sheets` - 1 newer ones were drawn."""
        self.rect = Rect(0, 0, width, height)
        self.tiles_drawn = 0
        self.changes = 0
        self.within: Sequence[Rect] | None = None  # all that differs from the picture before; None: anything may
        self.transition_ns = transition_ns
        self._sheets = [Sheet(width, height) for _ in range(sheets)]  # the one drawn on last is the last
        self._sheet = self._sheets[-1]
        self._scaler = Scaler()
        self._corners: dict[Memory, Corners] = {}  # memory that a sheet gets anew may have longer rows
        self._round_tiles: dict[Memory, RoundTiles] = {}  # of the scene
        self._scene: Scene | None = None
        self._is_cut = False
        self._shown: Mapping[str, Picture] = {}  # by track: what was drawn last
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
        """What was drawn last. It may be the same object as before, drawn on: `changes` tells."""
        return self._sheet.frame

    @property
    def planes(self) -> Planes:
        """Those of `frame`."""
        return self._sheet.planes

    def lend(self) -> Callable[[], None]:
        """Keep `frame` as it is until what this returns is called, once: on any one thread. No longer than said."""
        return self._sheet.lend()

    def cut(self) -> None:
        """What is drawn next is there at once, and nothing fades into it."""
        self._before, self._is_cut = None, True

    def draw(self, scene: Scene, pictures: Mapping[str, Picture], now_ns: int = 0) -> bool:
        """Bring the canvas up to date: every tile of `scene` shows its track's picture, or is on its way to its place.
        False: nothing changed. What has left the scene fades from the picture it showed last. `pictures` is kept."""
        if scene != self._scene:
            self._set_out(scene, now_ns)
        self._is_cut = False
        if self._before is not None and (progress := self._progress(now_ns)) < 1:
            self._draw_composition(between(self._before, scene, progress), pictures)
        else:
            self._before = None
            numbers = [pictures[tile.track].number for tile in scene]
            if self._sheet.drawn == numbers and self._sheet.scene == scene:
                self.within = ()
                return False
            self._draw_scene(scene, pictures, numbers)
        self.changes += 1
        return True

    def _set_out(self, scene: Scene, now_ns: int) -> None:
        """Begin where everything is now, which may be part of another way. The first scene is there at once."""
        before = (
            still(self.scene) if self._before is None else between(self._before, self.scene, self._progress(now_ns))
        )
        is_cut = self._is_cut or self._scene is None or not is_worth_showing(before, scene)
        self._began_ns = now_ns - self.transition_ns if is_cut else now_ns
        self._before = before
        self._scene = scene
        self._round_tiles = {}

    def _progress(self, now_ns: int) -> float:
        return (now_ns - self._began_ns) / self.transition_ns if self.transition_ns else 1.0

    def _turn_over(self) -> Sheet:
        """To one that is free, the latest of them: it shows the most already. Otherwise to the oldest."""
        sheets = self._sheets
        if not self._sheet.is_free:
            self._sheet = next((sheet for sheet in reversed(sheets) if sheet.is_free), sheets[0])
            sheets.remove(self._sheet)
            sheets.append(self._sheet)
        self._sheet.take()
        return self._sheet

    def _draw_scene(self, scene: Scene, pictures: Mapping[str, Picture], numbers: list[int]) -> None:
        before = self._sheet
        known = before.drawn if before.scene == scene else None
        sheet = self._turn_over()
        if sheet.scene != scene:
            fill(sheet.planes)
            sheet.scene, sheet.drawn = scene, [0] * len(scene)
        at_hand = sheet.drawn if known is None else known
        drawn = []
        for place, (number, has, had) in enumerate(zip(numbers, sheet.drawn, at_hand, strict=True)):
            if has == number:
                continue
            if had == number:
                _copy(before, sheet, scene[place].rect)
            else:
                drawn.append(place)
        self._draw_tiles(sheet, [(scene[place], pictures[scene[place].track]) for place in drawn])
        self._rounding(sheet, scene).round(sheet.flat, drawn)
        self.within = None if known is None else _differing(scene, numbers, known)
        sheet.drawn = numbers
        self._shown = pictures
        self.tiles_drawn += len(drawn)

    def _rounding(self, sheet: Sheet, scene: Scene) -> RoundTiles:
        known = self._round_tiles.get(sheet.memory)
        if known is None:
            known = self._round_tiles[sheet.memory] = self._round(sheet, scene)
        return known

    def _round(self, sheet: Sheet, tiles: Sequence[Tile]) -> RoundTiles:
        corners = self._corners.get(sheet.memory)
        if corners is None:
            corners = self._corners[sheet.memory] = Corners(self.rect.width, self.rect.height, sheet.memory)
        return corners.of(tiles)

    def _draw_tiles(self, sheet: Sheet, shown: Sequence[tuple[Tile, Picture]]) -> None:
        for tile, picture in shown:
            inner = tile if tile.fit is Fit.FILL else _inner(tile, picture)
            if inner is not tile:
                fill(views(sheet.planes, tile.rect))
            self._scaler.draw(picture, inner, sheet.planes)

    def _draw_composition(self, composition: Composition, pictures: Mapping[str, Picture]) -> None:
        """All of it, in order: tiles may lie over each other."""
        sheet = self._turn_over()
        sheet.scene = self.within = None
        fill(sheet.planes)
        known = {**self._shown, **pictures}
        placed = [one for one in composition if one.tile.track in known]
        for one in placed:
            tile, picture = one.tile, known[one.tile.track]
            self._scaler.draw(picture, _inner(tile, picture), sheet.planes, opacity=one.opacity, quick=True)
            if one.opacity == 1:
                self._round(sheet, [tile]).round(sheet.flat, [0])
        self._shown = {one.tile.track: known[one.tile.track] for one in placed}
        self.tiles_drawn += len(placed)


def _differing(scene: Scene, numbers: Sequence[int], before: Sequence[int]) -> Sequence[Rect]:
    return [tile.rect for tile, number, had in zip(scene, numbers, before, strict=True) if number != had]


def _inner(tile: Tile, picture: Picture) -> Tile:
    """What the picture covers of its tile: all, unless a stage has another shape than the one its tile was made for."""
    if tile.fit is Fit.FILL:
        return tile
    rect = fitted_into(tile.rect, picture.size.width, picture.size.height)
    return tile if rect == tile.rect else replace(tile, rect=rect)


def _copy(source: Sheet, target: Sheet, rect: Rect) -> None:
    for part, into in zip(views(source.planes, rect), views(target.planes, rect), strict=True):
        np.copyto(into, part)
