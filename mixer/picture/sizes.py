"""How large the tracks should be sent for the tiles they have."""

from collections.abc import Mapping, Sequence

from mixer.decode.picture import Picture
from mixer.layout.tile import EMPTY, Fit, Scene, Tile
from mixer.picture.entry import Entry
from mixer.source import Size

# Asked for while nothing is known of a track's shape.
FIRST_SIZE = Size(640, 360)


class Sizes:
    """`settle` every tick; worked out again only when the scene, the scale or the shape of a picture is another."""

    def __init__(self) -> None:
        self._scene: Scene = EMPTY
        self._scale = 1.0
        self._shapes: list[tuple[Size, int]] = []
        self._sizes: list[Size] = []

    def settle(
        self, scene: Scene, pictures: Mapping[str, Picture], entries: Mapping[str, Entry], scale: float
    ) -> Sequence[Size]:
        """Tile by tile. `scale`: of a camera's tile; the stage is asked for as large as it is shown."""
        shapes = [(picture.size, picture.rotation) for picture in [pictures[tile.track] for tile in scene]]
        if scene is not self._scene or scale != self._scale or shapes != self._shapes:
            self._scene, self._scale, self._shapes = scene, scale, shapes
            self._sizes = [
                source_size(tile, pictures[tile.track], 1.0 if entries[tile.track].source.stage else scale)
                for tile in scene
            ]
        return self._sizes


def first_size(scene: Scene, entries: Mapping[str, Entry], scale: float) -> Size:
    """Whoever gets a tile of somebody else is asked for at its size, and not for another one a second later."""
    cameras = [tile.rect for tile in scene if not entries[tile.track].source.stage]
    smallest = min(cameras, key=lambda rect: rect.area, default=None)
    return Size(round(smallest.width * scale), round(smallest.height * scale)) if smallest else FIRST_SIZE


def source_size(tile: Tile, picture: Picture, scale: float = 1.0) -> Size:
    """How large the track would be sent to fill its tile, in its own orientation; at `scale` 1 pixel by pixel."""
    width, height = tile.rect.width * scale, tile.rect.height * scale
    if tile.fit is Fit.FILL:
        size = picture.size
        zoom = max(width / size.width, height / size.height)
        width, height = size.width * zoom, size.height * zoom
    upright = Size(round(width), round(height))
    return upright if picture.rotation % 180 == 0 else Size(upright.height, upright.width)
