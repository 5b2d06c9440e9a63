"""The thread that renders every tick when its time has come."""

import threading
from collections.abc import Callable

from mixer.load import Load
from mixer.mix import Mix, Mixed
from mixer.playout import playout_delay_ns
from mixer.settings import MixSettings

# What is left when giving quality up (controller.py) was not enough, or not fast enough. Behind by more than EASY_NS,
# some ticks repeat the picture before instead of drawing their own: the further behind the more, from HARD_NS on all
# but LEAST_DRAWN of them. A share that follows the lag settles at what the machine can do; all or little would swing
# between the two, half a second each.
EASY_NS = 750_000_000
HARD_NS = 1_500_000_000
LEAST_DRAWN = 0.2

Look = Callable[[int, int, int], None]


def drawn_share(lag_ns: int) -> float:
    """Of the ticks, while the mix is so far behind."""
    strain = (lag_ns - EASY_NS) / (HARD_NS - EASY_NS)
    return min(1.0, max(LEAST_DRAWN, 1.0 - strain * (1.0 - LEAST_DRAWN)))


class Pump:
    """Tick n is rendered at origin + n / fps + the playout delay; late ticks are caught up with, none is left out."""

    def __init__(
        self,
        mix: Mix,
        put: Callable[[Mixed], None],
        settings: MixSettings,
        clock: Callable[[], int],
        *,
        load: Load,
        look: Look,
    ) -> None:
        """`clock` gives monotonic nanoseconds; `put` takes the rendered tick and may block. `load` is kept here; `look`
        is called before every tick with the clock, the tick's pts and how late it is."""
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
        self._owed = 1.0  # of a picture: its share of every tick since the last one drawn
        self._ending = threading.Event()
        self._load = load
        self._look = look

    def end(self, end_ns: int) -> None:
        """Render what is left up to `end_ns` without waiting, then return from `run`: at least one tick. A mix that is
        far behind repeats one picture until it no longer is: somebody waits for the file."""
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
            if not self._ending.is_set():
                self._look(self._clock(), tick_ns, self.lag_ns)
            self._render()

    def _render(self) -> None:
        began_ns = self._clock()
        redraw = self._is_drawn()
        mixed = self._mix.tick(self.ticks, redraw=redraw)
        self.repeated += not redraw
        self.ticks += 1
        self._load.add(self._clock() - began_ns)
        self._put(mixed)

    def _is_drawn(self) -> bool:
        share = 0.0 if self._ending.is_set() and self.lag_ns > EASY_NS else drawn_share(self.lag_ns)
        self._owed = min(1.0, self._owed + share)
        drawn = self._owed >= 1.0
        self._owed -= drawn
        return drawn

    def _wait(self, due_ns: int) -> None:
        while (ahead_ns := due_ns - self._clock()) > 0 and not self._ending.is_set():
            self._ending.wait(ahead_ns / 1e9)
        self.lag_ns = max(0, -ahead_ns)
        self.worst_lag_ns = max(self.worst_lag_ns, self.lag_ns)
        self.late += self.lag_ns > self._interval_ns
