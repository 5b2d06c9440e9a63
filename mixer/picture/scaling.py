"""From a decoded picture to a tile: crop, scale, colours, rotation; plane by plane, straight into the canvas."""

from collections.abc import Mapping
from typing import cast

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from mixer.decode.colour import conversion_from
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
        sharp = not quick and tile.fit is Fit.INSIDE and (picture.frame.width, picture.frame.height) != (width, height)
        if not (sharp and self._sharp(picture.frame, width, height, scaled)):
            aspect = width / height if tile.fit is Fit.FILL else None
            _fast(picture, aspect, scaled)
        conversion = conversion_from(picture.colours)
        if conversion is not None:
            recolour(scaled, conversion)
        if picture.rotation:
            for part, into in zip(scaled, target, strict=True):
                cv2.rotate(part, _TURNS[picture.rotation], dst=into)

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


def _fast(picture: Picture, aspect: float | None, target: Planes) -> None:
    """Linear, enough for faces; what sticks out over `aspect` is cropped."""
    for index, (plane, into) in enumerate(zip(picture.planes(), target, strict=True)):
        part = plane if aspect is None else _cropped(plane, picture, aspect, shift=1 if index else 0)
        _resize(part, into)


def _cropped(plane: Plane, picture: Picture, aspect: float, shift: int) -> Plane:
    """The part of the plane with the shape `aspect`; cut at even pixels, so that luma and colour stay together."""
    frame = picture.frame
    keep_width = min(frame.width, max(2, round(frame.height * aspect)))
    keep_height = min(frame.height, max(2, round(frame.width / aspect)))
    across, down = _UP[picture.rotation]
    left = _first_kept(frame.width, keep_width, across)
    top = _first_kept(frame.height, keep_height, down)
    right, bottom = left + keep_width, top + keep_height
    rounding = shift
    return plane[top >> shift : (bottom + rounding) >> shift, left >> shift : (right + rounding) >> shift]


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
