"""From a decoded picture to a tile: crop, scale, colours, rotation; plane by plane, straight into the canvas."""

from collections.abc import Mapping
from functools import lru_cache
from typing import cast

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from mixer.decode.colour import OF_THE_FILE
from mixer.decode.picture import Picture, Plane, Planes, planes_of
from mixer.layout.tile import Fit, Rect, Tile
from mixer.picture.recolour import Recolouring

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

# Colours are converted before scaling, up to so many times the pixels of the tile (measured): afterwards there are
# fewer, but they still have to be copied to the canvas.
WORTH_BEFORE = 3

# Text shrunk by more than this is none. From 64 times on libswscale scales grey in two steps, and its range with it.
LEGIBLE = 16


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
        self._recolouring = Recolouring()

    def draw(self, picture: Picture, tile: Tile, canvas: Planes, *, opacity: float = 1.0, quick: bool = False) -> None:
        """Fill `tile` with `picture`, over what is there. `quick`: no matter how sharp, because it moves."""
        # Linear scaling by IPP, a tenth to a fourth faster than OpenCV's own and at most one level beside it. A setting
        # of the thread; without IPP it changes nothing.
        cv2.ipp.setUseIPP_NotExact(True)
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
        self._scale(picture, tile.fit, scaled, sharp=tile.fit is Fit.INSIDE and not quick)
        if picture.rotation:
            for part_of, into in zip(scaled, target, strict=True):
                cv2.rotate(part_of, _TURNS[picture.rotation], dst=into)

    def _scale(self, picture: Picture, fit: Fit, target: Planes, *, sharp: bool) -> None:
        """In the picture's own orientation, and in the colours of the file."""
        frame, colours = picture.frame, picture.colours
        height, width = target[0].shape
        if colours == OF_THE_FILE or _is_worth_before(frame, width, height):
            part = _part(self._recolouring.recoloured(frame, colours), fit, width, height, picture.rotation)
            self._resize(part, target, sharp=sharp)
            return
        scaled = av.VideoFrame(width, height, "yuv420p")
        y, u, v = planes_of(scaled)
        self._resize(_part(frame, fit, width, height, picture.rotation), (y, u, v), sharp=sharp)
        for plane, into in zip(planes_of(self._recolouring.recoloured(scaled, colours)), target, strict=True):
            np.copyto(into, plane)

    def _resize(self, part: Planes, target: Planes, *, sharp: bool) -> None:
        """`sharp`: as text needs it. That is in the luma; of colour there is half as much to begin with."""
        y, u, v = part
        if not (sharp and _is_legible(y, target[0]) and self._sharp(y, target[0])):
            linear(y, target[0])
        linear(u, target[1])
        linear(v, target[2])

    def _sharp(self, luma: Plane, into: Plane) -> bool:
        """Bicubic of libswscale: text on a downscaled slide stays visibly cleaner than with the linear one.

        False for sizes that it cannot do: a window two pixels high.
        """
        frame = av.VideoFrame.from_numpy_buffer(luma, "gray")
        height, width = into.shape
        try:
            scaled = self._reformatter.reformat(frame, width, height, interpolation=Interpolation.BICUBIC, threads=1)
        except av.error.FFmpegError:
            return False
        np.copyto(into, planes_of(scaled)[0])
        return True


def _is_legible(part: Plane, into: Plane) -> bool:
    """Text may be, at this size, and has to be scaled for it."""
    shrunk = max(size / by for size, by in zip(part.shape, into.shape, strict=True))
    return part.shape != into.shape and shrunk <= LEGIBLE


def _is_worth_before(frame: av.VideoFrame, width: int, height: int) -> bool:
    """Colours are converted at even sizes only; tiles have no others."""
    is_even = not (frame.width % 2 or frame.height % 2)
    return is_even and frame.width * frame.height <= WORTH_BEFORE * width * height


def _part(frame: av.VideoFrame, fit: Fit, width: int, height: int, rotation: int) -> Planes:
    """What is shown in a tile of this size, in the picture's own orientation."""
    y, u, v = planes_of(frame)
    if fit is Fit.INSIDE:
        return y, u, v
    whole, half = _kept(frame.width, frame.height, width, height, rotation)
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


def linear(part: Plane, into: Plane) -> None:
    """Fill `into` with all of `part`, well enough for faces."""
    height, width = into.shape
    # Linear looks at two pixels each way: below half the size it would skip some. Halving is fast, any other area slow.
    while part.shape[0] >= 2 * height and part.shape[1] >= 2 * width:
        down, across = part.shape[0] // 2, part.shape[1] // 2
        even = part[: 2 * down, : 2 * across]
        part = cast("Plane", cv2.resize(even, (across, down), interpolation=cv2.INTER_AREA))
    if part.shape == into.shape:
        np.copyto(into, part)
    else:
        cv2.resize(part, (width, height), dst=into, interpolation=cv2.INTER_LINEAR)


def _scratch(width: int, height: int) -> Planes:
    half = (height // 2, width // 2)
    return np.empty((height, width), np.uint8), np.empty(half, np.uint8), np.empty(half, np.uint8)
