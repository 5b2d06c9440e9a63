"""Which macroblocks of a picture are as in the one before."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mixer.layout.tile import Rect

SIDE = 16  # pixels

# (rows, columns), C-contiguous: 1 as in the picture before, 0 not.
Macroblocks = NDArray[np.uint8]


class Stillness:
    """Of pictures of one size. The two arrays of `outside` take turns: x264 goes on looking at one, in threads of its
    own, until the next picture is put in."""

    def __init__(self, width: int, height: int) -> None:
        shape = (-(-height // SIDE), -(-width // SIDE))
        self._still: Macroblocks = np.ones(shape, np.uint8)
        self._before: Macroblocks = np.ones(shape, np.uint8)

    def outside(self, changed: Sequence[Rect]) -> Macroblocks:
        """What `changed` touches is not still."""
        self._still, self._before = self._before, self._still
        self._still.fill(1)
        for rect in changed:
            rows = slice(rect.y // SIDE, -(-(rect.y + rect.height) // SIDE))
            columns = slice(rect.x // SIDE, -(-(rect.x + rect.width) // SIDE))
            self._still[rows, columns] = 0
        return self._still
