"""One scheduler for all publications of a room: performers in the order in which they are due."""

import asyncio
import heapq
import itertools
from collections.abc import Callable

from signaling.rehearsal.performer import Performer
from signaling.rehearsal.rhythm import SECOND_NS

_STEP_NS = 4_000_000  # longest sleep: who is added meanwhile waits no longer
_BEHIND_NS = 200_000_000


class Clockwork:
    """`now_ns` gives room time. A performer is in at most once."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._queue: list[tuple[int, int, Performer]] = []
        self._playing: dict[int, int] = {}  # id of a performer -> its valid entry
        self._counter = itertools.count()
        self.latest_ns = 0  # the worst delay so far
        self.late = 0  # times it was over 200 ms: this machine is too slow for the plan

    def start(self, performer: Performer) -> None:
        """From now on. Idempotent."""
        if id(performer) not in self._playing:
            self._push(self._now_ns(), performer)

    def stop(self, performer: Performer) -> None:
        """Idempotent."""
        self._playing.pop(id(performer), None)

    async def run(self) -> None:
        while True:
            now_ns = self._now_ns()
            while self._queue and self._queue[0][0] <= now_ns:
                self._play(now_ns)
            wait_ns = min(self._queue[0][0] - now_ns, _STEP_NS) if self._queue else _STEP_NS
            await asyncio.sleep(max(0, wait_ns) / SECOND_NS)

    def _play(self, now_ns: int) -> None:
        due_ns, entry, performer = heapq.heappop(self._queue)
        if self._playing.get(id(performer)) != entry:
            return
        self.latest_ns = max(self.latest_ns, now_ns - due_ns)
        self.late += now_ns - due_ns > _BEHIND_NS
        self._push(performer.emit(now_ns), performer)

    def _push(self, due_ns: int, performer: Performer) -> None:
        entry = next(self._counter)
        self._playing[id(performer)] = entry
        heapq.heappush(self._queue, (due_ns, entry, performer))
