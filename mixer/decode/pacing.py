"""Which picture of a track a tick shows.

A source and the canvas run at their own pace. A picture belongs to the tick nearest to it; but a source whose pictures
fall just between two ticks would, with a millisecond of jitter, put two into one tick and none into the next. So a
picture may come up to `SLACK` late when that lets every picture be seen: the eye notices a lost one, not 8 ms.
"""

SLACK_DIVISOR = 4  # of a tick


def due_ns(tick_ns: int, interval_ns: int) -> int:
    """Frames up to this pts belong to the tick, or to one before it."""
    return tick_ns + interval_ns // 2


def enough_ns(tick_ns: int, interval_ns: int) -> int:
    """A frame later than this is recent enough to be shown on the tick; of those that are due the first such one is.

    At 30 fps a picture is shown at most 17 ms before and 25 ms after its capture time, at 60 fps half of that.
    """
    return tick_ns - interval_ns // 2 - interval_ns // SLACK_DIVISOR
