"""One decoded picture: planar 8-bit 4:2:0, in whatever colours it came."""

from functools import lru_cache
from itertools import count

import av
import numpy as np
from numpy.typing import NDArray

from mixer.decode.colour import Colours
from mixer.source import Size

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]  # Y, U, V; U and V half as wide and high


_numbers = count(1)


class Picture:
    """Owns a reference to the decoder's memory, which is never written to. Never changed."""

    __slots__ = ("colours", "frame", "number", "pts_ns", "rotation", "size")

    def __init__(
        self, frame: av.VideoFrame, pts_ns: int, rotation: int, colours: Colours, size: Size | None = None
    ) -> None:
        """`rotation`: degrees clockwise to upright: 0, 90, 180, 270. `size` saves who knows it already from looking."""
        self.frame = frame
        self.pts_ns = pts_ns
        self.rotation = rotation
        self.colours = colours
        self.size = size or upright(frame.width, frame.height, rotation)  # as it is to be seen
        self.number = next(_numbers)  # no other picture ever has the same


@lru_cache(maxsize=256)
def upright(width: int, height: int, rotation: int) -> Size:
    return Size(width, height) if rotation % 180 == 0 else Size(height, width)


def planes_of(frame: av.VideoFrame) -> list[Plane]:
    """The memory of an 8-bit planar frame, without padding; writable if the frame's is."""
    return [
        np.ndarray((plane.height, plane.width), np.uint8, plane, 0, (plane.line_size, 1))  # type: ignore[arg-type]
        for plane in frame.planes
    ]
