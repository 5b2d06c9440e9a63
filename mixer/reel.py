"""Which ticks of the mix are in the file, and where: what lies in a pause is not.

The mix goes on through a pause, so that everything is there at once afterwards; the file's time does not.
"""

import threading
from collections import deque

SECOND_NS = 1_000_000_000


class Reel:
    """`take` on the mix's thread, in order; the rest from any. Instants are pts of the mix.

    A pause and a resume between the same two ticks cut nothing out, and are forgotten; so no more of them wait than
    there are ticks between the mix and the room.
    """

    def __init__(self, fps: int) -> None:
        self.ticks = 0  # in the file so far
        self.cuts = 0  # pauses that took effect
        self._resumed_at = 0  # the file's tick with which it went on last
        self._fps = fps
        self._turns: deque[int] = deque()  # ticks of the mix from which it is the other way round
        self._asked = self._runs = True  # as was asked for last; as it is at the tick taken last
        self._lock = threading.Lock()

    @property
    def recorded_ns(self) -> int:
        """How much of the file is mixed."""
        return self.ticks * SECOND_NS // self._fps

    @property
    def shows(self) -> bool:
        """Whether what is drawn now is in the file: the tick taken last may not be drawn yet, so it takes two."""
        return self._runs and self.ticks - self._resumed_at >= 2

    @property
    def paused(self) -> bool:
        """As was asked for last: the mix gets there later."""
        return not self._asked

    def pause(self, at_ns: int) -> None:
        """From the first tick at `at_ns` on nothing is in the file; from the next tick if that is over. Idempotent."""
        self._ask(False, at_ns)

    def resume(self, at_ns: int) -> None:
        """The file goes on with the first tick at `at_ns`. Idempotent."""
        self._ask(True, at_ns)

    def _ask(self, runs: bool, at_ns: int) -> None:
        with self._lock:
            if runs is self._asked:
                return
            self._asked = runs
            tick = max(self.first_tick(at_ns), self._turns[-1] if self._turns else 0)
            if self._turns and self._turns[-1] == tick:
                self._turns.pop()
            else:
                self._turns.append(tick)

    def first_tick(self, at_ns: int) -> int:
        """Of the mix, at `at_ns` or after it."""
        return max(0, -(-at_ns * self._fps // SECOND_NS))

    def take(self, tick: int) -> int | None:
        """The file's tick that the mix's `tick` becomes; None in a pause."""
        with self._lock:
            while self._turns and self._turns[0] <= tick:
                self._turns.popleft()
                self._runs = not self._runs
                if self._runs:
                    self._resumed_at = self.ticks
                else:
                    self.cuts += 1
            if not self._runs:
                return None
            self.ticks += 1
            return self.ticks - 1
