"""One decoded picture: planar 8-bit 4:2:0, in whatever colours it came."""

from dataclasses import dataclass
from functools import lru_cache

import av
import numpy as np
from numpy.typing import NDArray

from mixer.decode.colour import Colours
from mixer.source import Size

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]  # Y, U, V; U and V half as wide and high


@dataclass(slots=True, eq=False)
class Picture:
    """Owns a reference to the decoder's memory, which the planes look into: they are never written to.

    Not frozen, for the price: it is made between two frames of a decoder, when no Python is left in the caches.
    """

    frame: av.VideoFrame
    pts_ns: int
    rotation: int  # degrees clockwise to upright: 0, 90, 180, 270
    colours: Colours

    @property
    def size(self) -> Size:
        """As it is to be seen, upright; of pictures of one size the same object."""
        return _upright(self.frame.width, self.frame.height, self.rotation)

    def planes(self) -> Planes:
        """Y, U, V without the decoder's padding. Odd sizes: U and V hold half of them, rounded up."""
        y, u, v = planes_of(self.frame)
        return y, u, v


@lru_cache(maxsize=256)
def _upright(width: int, height: int, rotation: int) -> Size:
    return Size(width, height) if rotation % 180 == 0 else Size(height, width)


def planes_of(frame: av.VideoFrame) -> list[Plane]:
    """The memory of an 8-bit planar frame, without padding; writable if the frame's is."""
    return [
        np.frombuffer(plane, np.uint8, count=plane.line_size * plane.height).reshape(plane.height, plane.line_size)[  # type: ignore[call-overload]
            :, : plane.width
        ]
        for plane in frame.planes
    ]
