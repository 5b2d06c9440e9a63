"""What an answer means for a message, and when it is sent again. Pure: moments are unix time in nanoseconds."""

import email.utils
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

SECOND_NS = 1_000_000_000
_MINUTE_NS, _HOUR_NS = 60 * SECOND_NS, 3600 * SECOND_NS

# Behind each attempt that failed; after the last of them the message is given up, 75 hours after it was made.
DELAYS_NS = (
    5 * SECOND_NS,
    5 * _MINUTE_NS,
    30 * _MINUTE_NS,
    2 * _HOUR_NS,
    5 * _HOUR_NS,
    10 * _HOUR_NS,
    14 * _HOUR_NS,
    20 * _HOUR_NS,
    24 * _HOUR_NS,
)
SPREAD_SHARE = 5  # a delay grows by up to a fifth, so that the messages of an outage don't all come at once
LONGEST_REST_NS = _HOUR_NS  # however long a server asks to be left alone
_SLOW_DOWN = frozenset({429, 502, 503, 504})


class Verdict(StrEnum):
    DELIVERED = "delivered"
    AGAIN = "again"
    SLOW_DOWN = "slow_down"  # the whole address is left alone for a while
    GONE = "gone"  # 410: the address wants nothing any more


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` None: none came, for the reason in `trouble`. `rest_ns`: so long the server asks to be left alone."""

    status: int | None
    rest_ns: int = 0
    trouble: str = ""

    @property
    def verdict(self) -> Verdict:
        """Only 2xx is success: a redirect is not followed, because it could lead anywhere."""
        if self.status is None:
            return Verdict.AGAIN
        if 200 <= self.status < 300:
            return Verdict.DELIVERED
        if self.status == 410:
            return Verdict.GONE
        return Verdict.SLOW_DOWN if self.status in _SLOW_DOWN else Verdict.AGAIN


def next_due_ns(attempts: int, now_ns: int, spread: float, delays_ns: Sequence[int] = DELAYS_NS) -> int | None:
    """After `attempts` that failed, at least 1; None: no more. `spread` in [0, 1)."""
    if attempts > len(delays_ns):
        return None
    delay_ns = delays_ns[attempts - 1]
    return now_ns + delay_ns + int(delay_ns * spread / SPREAD_SHARE)


def rest_ns(retry_after: str | None, now_ns: int) -> int:
    """What a Retry-After header asks for (RFC 9110, 10.2.3): seconds or a date; 0 for nothing or nonsense."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]) * SECOND_NS, LONGEST_REST_NS)
    try:
        until = email.utils.parsedate_to_datetime(text)
        asked_ns = int(until.timestamp()) * SECOND_NS - now_ns
    except (ValueError, TypeError, OverflowError):
        return 0
    return max(0, min(asked_ns, LONGEST_REST_NS))
