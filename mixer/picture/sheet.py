"""One picture on its way to the encoder: its memory, and what is drawn on it."""

import ctypes
from collections.abc import Callable

import av
import numpy as np

from mixer.decode.picture import Plane, Planes, planes_of
from mixer.layout.tile import Scene

# Where each plane begins in a row of memory, and bytes from a row of it to the next.
Memory = tuple[tuple[int, int], ...]


class Sheet:
    """Planar 4:2:0 in BT.709 limited. `drawn` says which picture each tile of `scene` shows, by its number: a sheet
    keeps no picture alive. Without a scene it may show anything."""

    def __init__(self, width: int, height: int) -> None:
        self.frame = av.VideoFrame(width, height, "yuv420p")
        self.scene: Scene | None = None
        self.drawn: list[int] = []
        self._lent = 0
        self._given_back = 0  # counted on another thread than those that were lent
        self._look()

    def lend(self) -> Callable[[], None]:
        """To be called once, when the one it is lent to does not look at it any more."""
        self._lent += 1
        return self._take_back

    @property
    def is_free(self) -> bool:
        """Nobody looks at it."""
        return self._given_back == self._lent

    def take(self) -> None:
        """To draw on. An encoder that still refers to the memory keeps it: the sheet then gets memory of its own."""
        self.frame.make_writable()
        if self._luma.buffer_ptr != self._address:
            self._look()

    def _take_back(self) -> None:
        self._given_back += 1

    def _look(self) -> None:
        planes = self.frame.planes
        self._luma, self._address = planes[0], planes[0].buffer_ptr
        y, u, v = planes_of(self.frame)
        self.planes: Planes = (y, u, v)
        begin = min(plane.buffer_ptr for plane in planes)
        end = max(plane.buffer_ptr + plane.buffer_size for plane in planes)
        self.memory: Memory = tuple((plane.buffer_ptr - begin, plane.line_size) for plane in planes)
        # All planes in one row, with whatever lies between them.
        self.flat: Plane = np.ctypeslib.as_array(ctypes.cast(begin, ctypes.POINTER(ctypes.c_uint8)), (end - begin,))
