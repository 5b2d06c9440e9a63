"""When a publisher whose subscription failed is tried again."""

from signaling.janus.roster import FeedId

FIRST_NS = 1_000_000_000
LONGEST_NS = 30_000_000_000


class Attempts:
    """Doubles the wait with every failure of the same publisher, from 1 s to 30 s."""

    def __init__(self) -> None:
        self._failures: dict[FeedId, tuple[int, int]] = {}  # how many in a row, not before

    def failed(self, feed: FeedId, now_ns: int) -> None:
        times = self._failures.get(feed, (0, 0))[0]
        self._failures[feed] = (times + 1, now_ns + min(FIRST_NS << min(times, 10), LONGEST_NS))

    def succeeded(self, feed: FeedId) -> None:
        self._failures.pop(feed, None)

    def may_try(self, feed: FeedId, now_ns: int) -> bool:
        return now_ns >= self._failures.get(feed, (0, 0))[1]

    def keep(self, feeds: tuple[FeedId, ...]) -> None:
        """Who has left is forgotten."""
        self._failures = {feed: failure for feed, failure in self._failures.items() if feed in feeds}
