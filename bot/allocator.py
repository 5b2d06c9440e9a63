"""How the C library keeps memory for a process that records for hours.

Left alone, glibc takes ever larger blocks from its arenas, one for each busy thread; pictures and encoders that come
and go leave holes in all of them. Of the 280 MB that a bot with 25 cameras held after half an hour 170 were holes, and
they grew.
"""

import ctypes
import sys

# mallopt's own numbers (malloc.h).
_MMAP_THRESHOLD, _ARENAS = -3, -8
# A block from this size on, a plane of a picture, is mapped for itself and goes back when it is let go.
LARGE = 512 << 10
MOST_ARENAS = 2


def keep_memory_together() -> None:
    """Call early: what is there already stays where it is. Without glibc it does nothing."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, LARGE)
        mallopt(_ARENAS, MOST_ARENAS)
