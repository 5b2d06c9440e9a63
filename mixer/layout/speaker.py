"""One camera large, the others in a strip."""

from mixer.layout.camera import in_cell
from mixer.layout.strip import cameras_in, strips, worth
from mixer.layout.tile import EMPTY, Rect, Scene, Shape


def speaker(canvas: Rect, cameras: tuple[Shape, ...], main: str | None) -> Scene:
    """`main` is the track shown large; without it (or when it is not there) the first camera is."""
    if not cameras:
        return EMPTY
    large = next((camera for camera in cameras if camera.track == main), cameras[0])
    others = tuple(camera for camera in cameras if camera is not large)
    found = []
    for strip in strips(canvas, len(others)):
        tile = in_cell(large, strip.main)
        found.append(
            (worth(strip, round(tile.rect.area * _kept(large, tile.rect))), (tile, *cameras_in(strip, others)))
        )
    return max(found, key=lambda pair: pair[0])[1]


def _kept(camera: Shape, rect: Rect) -> float:
    """The part of its picture that is not cropped: a larger tile is worth nothing that only shows less."""
    aspect = rect.width / rect.height
    return min(aspect / camera.aspect, camera.aspect / aspect)
