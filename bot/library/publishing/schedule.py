"""When a destination that has not taken a recording is asked again. Pure."""

SECOND_NS = 1_000_000_000
FIRST_WAIT_NS = SECOND_NS
LEAST_WAIT_NS = SECOND_NS // 10  # however soon a destination wants to be asked again
LONGEST_WAIT_NS = 600 * SECOND_NS
LONGEST_ASKED_NS = 24 * 3600 * SECOND_NS  # however long a destination asks to be left alone
SPREAD_SHARE = 5  # a wait grows by up to a fifth, so that what failed together is not tried together again
LONGEST_NS = LONGEST_ASKED_NS + LONGEST_ASKED_NS // SPREAD_SHARE


def wait_ns(failures: int, spread: float, asked_s: float | None = None) -> int:
    """After so many attempts in a row that failed, at least 1: twice as long each time. `spread` in [0, 1); `asked_s`:
    what the destination asked for instead."""
    if asked_s is not None:
        plain_ns = min(max(LEAST_WAIT_NS, int(asked_s * SECOND_NS)), LONGEST_ASKED_NS)
    else:
        plain_ns = min(FIRST_WAIT_NS << min(failures - 1, 32), LONGEST_WAIT_NS)
    return plain_ns + int(plain_ns * spread / SPREAD_SHARE)
