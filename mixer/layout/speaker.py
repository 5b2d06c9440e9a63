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
        found.append((worth(strip, tile.rect.area), (tile, *cameras_in(strip, others))))
    return max(found, key=lambda pair: pair[0])[1]
