"""From a decoded picture to a tile: crop, scale, colours, rotation; plane by plane, straight into the canvas."""

from collections.abc import Mapping
from typing import cast

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from mixer.decode.colour import Conversion, conversion_from
from mixer.decode.picture import Picture, Plane, planes_of
from mixer.layout.tile import Fit, Rect, Tile

# The mix has its own threads; those of OpenCV would compete with the decoders for the same cores.
cv2.setNumThreads(1)

Planes = tuple[Plane, Plane, Plane]

_TURNS: Mapping[int, int] = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


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

    def draw(self, picture: Picture, tile: Tile, canvas: Planes) -> None:
        """Fill `tile` with `picture`."""
        target = views(canvas, tile.rect)
        turned = picture.rotation in {90, 270}
        width, height = tile.rect.width, tile.rect.height
        if turned:
            width, height = height, width
        scaled = target if picture.rotation == 0 else _scratch(width, height)
        if tile.fit is Fit.INSIDE and (picture.frame.width, picture.frame.height) != (width, height):
            self._sharp(picture.frame, width, height, scaled)
        else:
            aspect = width / height if tile.fit is Fit.FILL else None
            _fast(picture, aspect, scaled)
        conversion = conversion_from(picture.colours)
        if conversion is not None:
            convert(scaled, conversion)
        if picture.rotation:
            for part, into in zip(scaled, target, strict=True):
                cv2.rotate(part, _TURNS[picture.rotation], dst=into)

    def _sharp(self, frame: av.VideoFrame, width: int, height: int, target: Planes) -> None:
        """Bicubic of libswscale: text on a downscaled slide stays visibly cleaner than with the linear one."""
        scaled = self._reformatter.reformat(frame, width, height, interpolation=Interpolation.BICUBIC, threads=1)
        for part, into in zip(planes_of(scaled), target, strict=True):
            np.copyto(into, part)


def _fast(picture: Picture, aspect: float | None, target: Planes) -> None:
    """Linear, enough for faces; what sticks out over `aspect` is cropped evenly."""
    for index, (plane, into) in enumerate(zip(picture.planes(), target, strict=True)):
        part = plane if aspect is None else _cropped(plane, picture.frame, aspect, shift=1 if index else 0)
        _resize(part, into)


def _cropped(plane: Plane, frame: av.VideoFrame, aspect: float, shift: int) -> Plane:
    """The middle of the plane with the shape `aspect`; cut at even pixels, so that luma and colour stay together."""
    keep_width = min(frame.width, max(2, round(frame.height * aspect)))
    keep_height = min(frame.height, max(2, round(frame.width / aspect)))
    left = (frame.width - keep_width) // 4 * 2
    top = (frame.height - keep_height) // 4 * 2
    right, bottom = frame.width - left, frame.height - top
    rounding = shift
    return plane[top >> shift : (bottom + rounding) >> shift, left >> shift : (right + rounding) >> shift]


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


def convert(planes: Planes, conversion: Conversion) -> None:
    """In place. Saturates: a colour that BT.709 cannot hold stays at the edge instead of wrapping round."""
    y, u, v = planes
    by_u, by_v = conversion.luma_from_u, conversion.luma_from_v
    zero = -128 * (by_u + by_v)
    brighter = _doubled(_weighted(u, by_u, v, by_v, zero), y.shape[1])
    darker = _doubled(_weighted(u, -by_u, v, -by_v, -zero), y.shape[1])
    if conversion.luma != 1:
        cv2.convertScaleAbs(y, dst=y, alpha=conversion.luma, beta=conversion.luma_offset)
    for rows in (y[0::2], y[1::2]):
        cv2.add(rows, brighter, dst=rows)
        cv2.subtract(rows, darker, dst=rows)
    new_u = _weighted(u, conversion.u_from_u, v, conversion.u_from_v, _zero(conversion.u_from_u, conversion.u_from_v))
    new_v = _weighted(u, conversion.v_from_u, v, conversion.v_from_v, _zero(conversion.v_from_u, conversion.v_from_v))
    np.copyto(u, new_u)
    np.copyto(v, new_v)


def _weighted(one: Plane, factor: float, other: Plane, other_factor: float, offset: float) -> Plane:
    return cast("Plane", cv2.addWeighted(one, factor, other, other_factor, offset))


def _zero(one: float, other: float) -> float:
    """Offset that leaves a colourless pixel (128, 128) as it is."""
    return 128 * (1 - one - other)


def _doubled(half: Plane, width: int) -> Plane:
    """Every value twice, side by side: for the two luma columns of a colour sample."""
    return cast("Plane", cv2.merge((half, half)).reshape(half.shape[0], width))


def _scratch(width: int, height: int) -> Planes:
    half = (height // 2, width // 2)
    return np.empty((height, width), np.uint8), np.empty(half, np.uint8), np.empty(half, np.uint8)
