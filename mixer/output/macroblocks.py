"""Which macroblocks of a picture are as in the one before."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mixer.layout.tile import Rect

SIDE = 16  # pixels

# (rows, columns), C-contiguous: 1 as in the picture before, 0 not.
Macroblocks = NDArray[np.uint8]


class Stillness:
    """Of pictures of one size. `outside` gives the same array each time."""

    def __init__(self, width: int, height: int) -> None:
        self._still: Macroblocks = np.ones((-(-height // SIDE), -(-width // SIDE)), np.uint8)

    def outside(self, changed: Sequence[Rect]) -> Macroblocks:
        """What `changed` touches is not still."""
        self._still.fill(1)
        for rect in changed:
            rows = slice(rect.y // SIDE, -(-(rect.y + rect.height) // SIDE))
            columns = slice(rect.x // SIDE, -(-(rect.x + rect.width) // SIDE))
            self._still[rows, columns] = 0
        return self._still
