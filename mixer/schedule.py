"""Changes that take effect at a pts: the mix runs behind the room, and what is switched off now is on for a second."""

import heapq
import threading
from collections.abc import Callable

Change = Callable[[], None]


class Schedule:
    """In the order of time, and of arrival at the same time. `add` and `cancel` from any thread, `run` on the mix's.

    Bounded by the room: a track has a handful of changes a second at most, and they are gone a second later.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, str | None, Change]] = []
        self._count = 0
        self._lock = threading.Lock()

    def add(self, at_ns: int, track: str | None, change: Change) -> None:
        with self._lock:
            self._count += 1
            heapq.heappush(self._heap, (at_ns, self._count, track, change))

    def cancel(self, track: str) -> None:
        """Forget what was to happen to `track`."""
        with self._lock:
            self._heap = [item for item in self._heap if item[2] != track]
            heapq.heapify(self._heap)

    def run(self, now_ns: int) -> None:
        """Make the changes due by now."""
        while True:
            with self._lock:
                if not self._heap or self._heap[0][0] > now_ns:
                    return
                change = heapq.heappop(self._heap)[3]
            change()
