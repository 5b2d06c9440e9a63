"""How far the mix runs behind the room.

The full delay gives lost packets time to be sent again. It is not there from the start: the first mixed picture should
be in the file soon after the join, so the delay begins small and grows while the recording runs.
"""

FIRST_DELAY_NS = 400_000_000
GROWTH_DIVISOR = 10  # the delay grows by a tenth of the elapsed time: nobody hears or sees it, only the clock notices


def playout_delay_ns(elapsed_ns: int, target_ns: int) -> int:
    """The delay for what was captured `elapsed_ns` after the recording began; never above `target_ns`."""
    return min(target_ns, FIRST_DELAY_NS + max(0, elapsed_ns) // GROWTH_DIVISOR)
