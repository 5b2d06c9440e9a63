"""From a decoded picture to a tile: crop, scale, colours, rotation; plane by plane, straight into the canvas."""

from collections.abc import Mapping
from functools import lru_cache
from typing import cast

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from mixer.decode.colour import Conversion, conversion_from
from mixer.decode.picture import Picture, Plane, Planes, planes_of
from mixer.layout.tile import Fit, Rect, Tile
from mixer.picture.recolour import recolour

# The mix has its own threads; those of OpenCV would compete with the decoders for the same cores.
cv2.setNumThreads(1)

_TURNS: Mapping[int, int] = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}

# Less is cropped above a head than below the shoulders: what is kept lies higher than the middle by this part of its
# height, or by a fifth of what is cropped if that is less. In the stored picture, by its rotation, "up" is:
LIFT = 0.06
_UP: Mapping[int, tuple[int, int]] = {0: (0, -1), 90: (-1, 0), 180: (0, 1), 270: (1, 0)}


Slices = tuple[slice, slice]  # rows, columns

# A picture so little larger than its tile is cropped to it pixel by pixel instead of being scaled down.
ALL_BUT = 1.05


def views(planes: Planes, rect: Rect) -> Planes:
    """The part of the canvas that belongs to `rect`."""
    y, u, v = planes
    x0, y0, x1, y1 = rect.x, rect.y, rect.x + rect.width, rect.y + rect.height
    half = (slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2))
    return y[y0:y1, x0:x1], u[half], v[half]


class Scaler:
    """Holds what is worth keeping between pictures. Used by one thread."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def draw(self, picture: Picture, tile: Tile, canvas: Planes, *, opacity: float = 1.0, quick: bool = False) -> None:
        """Fill `tile` with `picture`, over what is there. `quick`: no matter how sharp, because it moves."""
        target = views(canvas, tile.rect)
        if opacity < 1:
            over = _scratch(tile.rect.width, tile.rect.height)
            self._cover(picture, tile, over, quick=quick)
            for part, into in zip(over, target, strict=True):
                cv2.addWeighted(part, opacity, into, 1 - opacity, 0, dst=into)
        else:
            self._cover(picture, tile, target, quick=quick)

    def _cover(self, picture: Picture, tile: Tile, target: Planes, *, quick: bool) -> None:
        turned = picture.rotation in {90, 270}
        width, height = tile.rect.width, tile.rect.height
        if turned:
            width, height = height, width
        scaled = target if picture.rotation == 0 else _scratch(width, height)
        conversion = conversion_from(picture.colours)
        sharp = not quick and tile.fit is Fit.INSIDE and (picture.frame.width, picture.frame.height) != (width, height)
        if sharp and self._sharp(picture.frame, width, height, scaled):
            if conversion is not None:
                recolour(scaled, conversion, scaled)
        else:
            part = picture.planes() if tile.fit is Fit.INSIDE else _cropped(picture, width, height)
            _fast(part, conversion, scaled)
        if picture.rotation:
            for part_of, into in zip(scaled, target, strict=True):
                cv2.rotate(part_of, _TURNS[picture.rotation], dst=into)

    def _sharp(self, frame: av.VideoFrame, width: int, height: int, target: Planes) -> bool:
        """Bicubic of libswscale: text on a downscaled slide stays visibly cleaner than with the linear one.

        False for sizes that it cannot do: a window two pixels high.
        """
        try:
            scaled = self._reformatter.reformat(frame, width, height, interpolation=Interpolation.BICUBIC, threads=1)
        except av.error.FFmpegError:
            return False
        for part, into in zip(planes_of(scaled), target, strict=True):
            np.copyto(into, part)
        return True


def _fast(part: Planes, conversion: Conversion | None, target: Planes) -> None:
    """Linear, enough for faces. Colours are converted where there are fewer pixels: before, or after."""
    if conversion is not None and _is_even(part[0]):
        if part[0].shape == target[0].shape:
            recolour(part, conversion, target)
            return
        if part[0].size < target[0].size:
            converted = _scratch(part[0].shape[1], part[0].shape[0])
            recolour(part, conversion, converted)
            part, conversion = converted, None
    for plane, into in zip(part, target, strict=True):
        _resize(plane, into)
    if conversion is not None:
        recolour(target, conversion, target)


def _is_even(plane: Plane) -> bool:
    return not (plane.shape[0] % 2 or plane.shape[1] % 2)


def _cropped(picture: Picture, width: int, height: int) -> Planes:
    """The part of the picture that fills a tile of this size, in the picture's own orientation."""
    frame = picture.frame
    whole, half = _kept(frame.width, frame.height, width, height, picture.rotation)
    y, u, v = picture.planes()
    return y[whole], u[half], v[half]


@lru_cache(maxsize=256)
def _kept(of_width: int, of_height: int, width: int, height: int, rotation: int) -> tuple[Slices, Slices]:
    """Of luma and of colour: what has the shape of the tile, or its very size where that is all but the same. Pixels as
    they came are sharper than pixels scaled by a hundredth, and cost less. Cut at even pixels, so that luma and colour
    stay together."""
    keep_width = min(of_width, max(2, round(of_height * width / height)))
    keep_height = min(of_height, max(2, round(of_width * height / width)))
    if width <= keep_width <= width * ALL_BUT and height <= keep_height <= height * ALL_BUT:
        keep_width, keep_height = width, height
    across, down = _UP[rotation]
    left = _first_kept(of_width, keep_width, across)
    top = _first_kept(of_height, keep_height, down)
    right, bottom = left + keep_width, top + keep_height
    whole = slice(top, bottom), slice(left, right)
    return whole, (slice(top // 2, (bottom + 1) // 2), slice(left // 2, (right + 1) // 2))


def _first_kept(size: int, keep: int, direction: int) -> int:
    cropped = size - keep
    return int(cropped / 2 + direction * min(cropped / 5, LIFT * keep)) // 2 * 2


def _resize(part: Plane, into: Plane) -> None:
    height, width = into.shape
    if part.shape == into.shape:
        np.copyto(into, part)
        return
    # Linear looks at two pixels each way: below half the size it would skip some. Whole-number area is fast.
    factor = min(part.shape[1] // width, part.shape[0] // height)
    if factor >= 2:
        smaller = (part.shape[1] // factor, part.shape[0] // factor)
        part = cast("Plane", cv2.resize(part, smaller, interpolation=cv2.INTER_AREA))
    cv2.resize(part, (width, height), dst=into, interpolation=cv2.INTER_LINEAR)


def _scratch(width: int, height: int) -> Planes:
    half = (height // 2, width // 2)
    return np.empty((height, width), np.uint8), np.empty(half, np.uint8), np.empty(half, np.uint8)
