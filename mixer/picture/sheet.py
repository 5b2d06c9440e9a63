"""One picture on its way to the encoder: its memory, and what is drawn on it."""

import av
import numpy as np
from numpy.typing import NDArray

from mixer.decode.picture import Plane, Planes, planes_of
from mixer.layout.tile import Scene

# The memory of each plane with its padding, in one row.
Flats = tuple[Plane, Plane, Plane]
# Bytes from a row of each plane to the next.
Strides = tuple[int, int, int]


class Sheet:
    """Planar 4:2:0 in BT.709 limited. `drawn` says which picture each track's tile of `scene` shows, by the canvas'
    numbers: a sheet that waits for its turn keeps no picture alive. Without a scene it may show anything."""

    def __init__(self, width: int, height: int) -> None:
        self.frame = av.VideoFrame(width, height, "yuv420p")
        self.scene: Scene | None = None
        self.drawn: dict[str, int] = {}
        self._look()

    def take(self) -> None:
        """To draw on. An encoder that still refers to the memory keeps it: the sheet then gets memory of its own."""
        self.frame.make_writable()
        if self.frame.planes[0].buffer_ptr != self._memory:
            self._look()

    def _look(self) -> None:
        planes = self.frame.planes
        self._memory = planes[0].buffer_ptr
        self.strides: Strides = (planes[0].line_size, planes[1].line_size, planes[2].line_size)
        y, u, v = planes_of(self.frame)
        self.planes: Planes = (y, u, v)
        y_flat, u_flat, v_flat = (_flat(plane) for plane in planes)
        self.flats: Flats = (y_flat, u_flat, v_flat)


def _flat(plane: "av.video.plane.VideoPlane") -> NDArray[np.uint8]:
    return np.frombuffer(plane, np.uint8, count=plane.line_size * plane.height)  # type: ignore[call-overload, no-any-return]
