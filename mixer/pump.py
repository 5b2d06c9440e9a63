"""The thread that renders every tick when its time has come."""

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mixer.audio.samples import Samples
from mixer.audio.splice import spliced
from mixer.load import Load
from mixer.mix import Mix, Mixed
from mixer.playout import playout_delay_ns
from mixer.reel import Reel
from mixer.settings import MixSettings

# What is left when giving quality up (controller.py) was not enough, or not fast enough. Behind by more than EASY_NS,
# some ticks repeat the picture before instead of drawing their own: the further behind the more, from HARD_NS on all
# but LEAST_DRAWN of them. A share that follows the lag settles at what the machine can do; all or little would swing
# between the two, half a second each. Being late costs memory alone, and the controller gives up a level each 0.25 to
# 0.5 s from 0.3 s on: it is left the time for three or four before a picture is lost.
EASY_NS = 1_250_000_000
HARD_NS = 2_250_000_000
LEAST_DRAWN = 0.2
HASTY_NS = 750_000_000  # at the end, when somebody waits

Look = Callable[[int, int, int], None]


def drawn_share(lag_ns: int) -> float:
    """Of the ticks, while the mix is so far behind."""
    strain = (lag_ns - EASY_NS) / (HARD_NS - EASY_NS)
    return min(1.0, max(LEAST_DRAWN, 1.0 - strain * (1.0 - LEAST_DRAWN)))


class Pump:
    """Tick n is rendered at origin + n / fps + the playout delay; late ticks are caught up with, none is left out.

    Ticks before the gap's end are rendered at once: there was no room yet. All are put, those in a pause too, because
    each picture is given back in its turn; but the latter without a place in the file.
    """

    def __init__(
        self,
        mix: Mix,
        put: Callable[[Mixed], None],
        settings: MixSettings,
        clock: Callable[[], int],
        *,
        reel: Reel,
        load: Load,
        look: Look,
    ) -> None:
        """`clock` gives monotonic nanoseconds; `put` takes the rendered tick and may block. `load` is kept here; `look`
        is called before every tick with the clock, the tick's place in the file and how late it is."""
        self.ticks = 0
        self.late = 0
        self.repeated = 0
        self.lag_ns = 0
        self.worst_lag_ns = 0
        self._mix = mix
        self._reel = reel
        self._put = put
        self._before: Samples = np.zeros((2, 0), np.float32)  # the sound that is last in the file
        self._catches_up = False  # with a long gap, which is nobody's fault, but not for longer than it took to fill
        self._excused_ns = 0
        self._cut = False  # the tick rendered last lies in a pause
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

    def run(self, origin_ns: int, gap_ns: int = 0) -> None:
        """Blocks until `end` or `abort`."""
        self._fill(gap_ns)
        while not self._aborted:
            tick_ns = self._mix.tick_ns(self.ticks)
            if self._end_ns is not None and tick_ns >= self._end_ns:
                return
            self._wait(origin_ns + tick_ns + playout_delay_ns(tick_ns - gap_ns, self._target_ns))
            if self._aborted or (self._end_ns is not None and tick_ns >= self._end_ns):
                return
            if not self._ending.is_set() and not self._catches_up:
                self._look(self._clock(), self._reel.recorded_ns, self.lag_ns)
            self._render()

    def _fill(self, gap_ns: int) -> None:
        began_ns = self._clock()
        for tick in range(self._reel.first_tick(gap_ns)):
            if self._aborted or (self._end_ns is not None and self._mix.tick_ns(tick) >= self._end_ns):
                return
            self._place(self._mix.blank(tick), self._reel.take(tick))
            self.ticks += 1
        if gap_ns:
            self._catches_up = True
            self._excused_ns = 2 * self._clock() - began_ns

    def _render(self) -> None:
        began_ns = self._clock()
        place = self._reel.take(self.ticks)
        # A picture of the pause is never repeated into the file, however late the mix is.
        goes_on = self._cut and place is not None
        redraw = self._is_drawn() or goes_on
        # Of sound a tick of the file gets what is the file's, not the mix's: where the rate is no multiple of the
        # ticks', they differ by a sample.
        samples = None if place is None else self._mix.first_sample(place + 1) - self._mix.first_sample(place)
        mixed = self._mix.tick(self.ticks, redraw=redraw, samples=samples, cut=goes_on)
        self.repeated += not redraw
        self.ticks += 1
        self._load.add(self._clock() - began_ns)
        self._place(mixed, place)

    def _place(self, mixed: Mixed, place: int | None) -> None:
        if self._cut and place is not None:
            mixed = replace(mixed, sound=spliced(self._before, mixed.sound), changed=True, within=None)
        self._cut = place is None
        if place is not None:
            self._before = mixed.sound
        self._put(mixed if mixed.tick == place else replace(mixed, tick=place))

    def _is_drawn(self) -> bool:
        share = 0.0 if self._ending.is_set() and self.lag_ns > HASTY_NS else drawn_share(self.lag_ns)
        self._owed = min(1.0, self._owed + share)
        drawn = self._owed >= 1.0
        self._owed -= drawn
        return drawn

    def _wait(self, due_ns: int) -> None:
        while (ahead_ns := due_ns - self._clock()) > 0 and not self._ending.is_set():
            self._ending.wait(ahead_ns / 1e9)
        self.lag_ns = max(0, -ahead_ns)
        if self._catches_up:
            self._catches_up = self._interval_ns < self.lag_ns and due_ns + self.lag_ns < self._excused_ns
            return
        self.worst_lag_ns = max(self.worst_lag_ns, self.lag_ns)
        self.late += self.lag_ns > self._interval_ns
