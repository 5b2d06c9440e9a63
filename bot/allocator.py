"""How the C library keeps memory for a process that records for hours.

Left alone, glibc takes ever larger blocks from its arenas, one for each busy thread; pictures and encoders that come
and go leave holes in all of them. Of the 280 MB that a bot with 25 cameras held after half an hour 170 were holes, and
they grew.
"""

import ctypes
import sys

# mallopt's own numbers (malloc.h).
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENAS = -1, -3, -8
# A block from this size on, a picture of an encoder, is mapped for itself and goes back when it is let go. What comes
# and goes with every picture of a stage is smaller: mapped anew each time it would cost 2 % of a recording.
LARGE = 2 << 20
SPARE = 16 << 20  # is kept at the end of the heap, for the same reason
MOST_ARENAS = 2


def keep_memory_together() -> None:
    """Call early: what is there already stays where it is. Without glibc it does nothing."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, LARGE)
        mallopt(_TRIM_THRESHOLD, SPARE)
        mallopt(_ARENAS, MOST_ARENAS)
