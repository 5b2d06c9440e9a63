"""The thread that renders every tick when its time has come."""

import threading
from collections.abc import Callable

from mixer.load import Load
from mixer.mix import Mix, Mixed
from mixer.playout import playout_delay_ns
from mixer.settings import MixSettings

# Behind by more than this, pictures are repeated instead of drawn, but for every REDRAW_EVERY-th: the picture gives way
# before the clock does.
FAR_BEHIND_NS = 500_000_000
REDRAW_EVERY = 5


class Pump:
    """Tick n is rendered at origin + n / fps + the playout delay; late ticks are caught up with, none is left out."""

    def __init__(self, mix: Mix, put: Callable[[Mixed], None], settings: MixSettings, clock: Callable[[], int]) -> None:
        """`clock` gives monotonic nanoseconds; `put` takes the rendered tick and may block."""
        self.ticks = 0
        self.late = 0
        self.repeated = 0
        self.lag_ns = 0
        self.worst_lag_ns = 0
        self._mix = mix
        self._put = put
        self._target_ns = settings.playout_delay_ns
        self._interval_ns = 1_000_000_000 // settings.fps
        self._clock = clock
        self._end_ns: int | None = None
        self._aborted = False
        self._ending = threading.Event()
        self.load = Load(self._interval_ns)

    def end(self, end_ns: int) -> None:
        """Render what is left up to `end_ns` without waiting, then return from `run`: at least one tick."""
        self._end_ns = max(end_ns, 1)
        self._ending.set()

    def abort(self) -> None:
        """Return from `run` at the next tick."""
        self._aborted = True
        self._ending.set()

    def run(self, origin_ns: int) -> None:
        """Blocks until `end` or `abort`."""
        while not self._aborted:
            tick_ns = self._mix.tick_ns(self.ticks)
            if self._end_ns is not None and tick_ns >= self._end_ns:
                return
            self._wait(origin_ns + tick_ns + playout_delay_ns(tick_ns, self._target_ns))
            if self._aborted or (self._end_ns is not None and tick_ns >= self._end_ns):
                return
            self._render()

    def _render(self) -> None:
        began_ns = self._clock()
        far_behind = self.lag_ns > FAR_BEHIND_NS and not self._ending.is_set()
        redraw = not far_behind or self.ticks % REDRAW_EVERY == 0
        mixed = self._mix.tick(self.ticks, redraw=redraw)
        self.repeated += not redraw
        self.ticks += 1
        self.load.add(self._clock() - began_ns)
        self._put(mixed)

    def _wait(self, due_ns: int) -> None:
        while not self._ending.is_set():
            ahead_ns = due_ns - self._clock()
            if ahead_ns <= 0:
                self.lag_ns = -ahead_ns
                self.worst_lag_ns = max(self.worst_lag_ns, self.lag_ns)
                self.late += self.lag_ns > self._interval_ns
                return
            self._ending.wait(ahead_ns / 1e9)
        self.lag_ns = 0
