"""Which picture of a track a tick shows.

A source and the canvas run at their own pace. A picture belongs to the tick nearest to it; but a source whose pictures
fall just between two ticks would, with a millisecond of jitter, put two into one tick and none into the next. So a
picture may come up to `SLACK` late when that lets every picture be seen: the eye notices a lost one, not 8 ms.
"""

from collections.abc import Sequence

SLACK_DIVISOR = 4  # of a tick


def due_ns(tick_ns: int, interval_ns: int) -> int:
    """Frames up to this pts belong to the tick, or to one before it."""
    return tick_ns + interval_ns // 2


def frames_to_take(due: Sequence[int], tick_ns: int, interval_ns: int) -> int:
    """How many of the `due` frames (pts, in decoding order, none seen before) the tick uses up; the last is shown.

    At 30 fps a picture is shown at most 17 ms before and 25 ms after its capture time, at 60 fps half of that.
    """
    oldest_worth_showing = tick_ns - interval_ns // 2 - interval_ns // SLACK_DIVISOR
    for index, pts_ns in enumerate(due):
        if pts_ns > oldest_worth_showing:
            return index + 1
    return len(due)
