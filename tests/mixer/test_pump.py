"""When ticks are rendered, and which are drawn: in virtual time, on a machine as busy as a test wants it."""

from collections.abc import Callable

import av
import numpy as np
import pytest

from mixer.control import LOOK_NS
from mixer.controller import Controller, Reading
from mixer.effort import ladder
from mixer.load import Load, LoadWindow
from mixer.mix import Mixed
from mixer.pump import Pump, drawn_share
from mixer.reel import Reel
from mixer.settings import MixSettings

SECOND = 1_000_000_000
MS = 1_000_000
FPS = 30
INTERVAL_NS = SECOND // FPS
QUEUE = 8  # ticks that wait for the encoder
MIX_MS = {True: 9, False: 4}  # drawn and repeated, on an idle machine
ENCODE_MS = {True: 16, False: 1}
PICTURE = av.VideoFrame(16, 16, "yuv420p")
SOUND = np.zeros((2, 1600), np.float32)


class Machine:
    """A mix and an encoder of which every tick costs what it does on two cores, times `slowness` (by second), less what
    the controller gives up."""

    def __init__(self, slowness: Callable[[float], float], *, efforts: int = 3, helped: bool = True) -> None:
        """Not `helped`: giving up quality saves nothing."""
        self.now_ns = 0
        self.drawn: list[bool] = []
        self.cuts: list[int] = []
        self.lags_ns: list[int] = []
        self.controller = Controller(ladder(efforts))
        self.reel = Reel(FPS)
        self._helped = helped
        self._slowness = slowness
        self._encoded_ns: list[int] = []
        self._loads = Load(INTERVAL_NS), Load(INTERVAL_NS)
        self._windows = tuple(LoadWindow(load, INTERVAL_NS) for load in self._loads)
        self._looked_ns = 0
        self.pump = Pump(
            self,  # type: ignore[arg-type]
            self._put,
            MixSettings(),
            lambda: self.now_ns,
            reel=self.reel,
            load=self._loads[0],
            look=self._look,
        )
        self.pump._ending.wait = self._pass_time  # type: ignore[assignment,method-assign]

    def run(self, seconds: int) -> None:
        self.pump._end_ns = seconds * SECOND  # without hurry
        self.pump.run(0)

    def stop_at(self, seconds: int) -> float:
        """How long the mix takes from there, in seconds."""
        self._stop_ns = seconds * SECOND
        self.pump.run(0)
        return (max(self.now_ns, self._encoded_ns[-1]) - self._stop_ns) / SECOND

    _stop_ns = 1 << 62

    def tick_ns(self, tick: int) -> int:
        return tick * SECOND // FPS

    def first_sample(self, tick: int) -> int:
        return tick * 1600

    def tick(self, tick: int, *, redraw: bool, samples: int | None, cut: bool) -> Mixed:
        self.drawn.append(redraw)
        self.cuts += [tick] if cut else []
        self.lags_ns.append(self.pump.lag_ns)
        given_up = self.controller.effort.mix_cost if self._helped else 1.0
        self._pass_time(self._cost_ns(MIX_MS[redraw]) / SECOND * given_up)
        return Mixed(tick, PICTURE, SOUND, changed=redraw)

    def _look(self, now_ns: int, at_ns: int, lag_ns: int) -> None:
        if now_ns - self._looked_ns < LOOK_NS:
            return
        self._looked_ns = now_ns
        waiting = sum(encoded_ns > now_ns for encoded_ns in self._encoded_ns[-QUEUE:])
        mix, encode = (window.read() for window in self._windows)
        self.controller.observe(Reading(now_ns, at_ns, lag_ns + waiting * INTERVAL_NS, mix, encode))

    def _put(self, mixed: Mixed) -> None:
        encoded_ns = self._encoded_ns
        if len(encoded_ns) > QUEUE:
            self.now_ns = max(self.now_ns, encoded_ns[-QUEUE - 1])
        begin_ns = max(self.now_ns, encoded_ns[-1]) if encoded_ns else self.now_ns
        given_up = self.controller.effort.encode_cost if self._helped else 1.0
        cost_ns = int(self._cost_ns(ENCODE_MS[mixed.changed]) * given_up)
        self._loads[1].add(cost_ns)
        encoded_ns.append(begin_ns + cost_ns)

    def _cost_ns(self, milliseconds: int) -> int:
        return int(milliseconds * MS * self._slowness(self.now_ns / SECOND))

    def _pass_time(self, seconds: float) -> bool:
        self.now_ns += int(seconds * SECOND) + 1
        if self.now_ns >= self._stop_ns and not self.pump._ending.is_set():
            self.pump.end(self._stop_ns)
        return True


def half_seconds(drawn: list[bool]) -> list[int]:
    """How many of each 15 ticks were drawn."""
    return [sum(drawn[start : start + 15]) for start in range(0, len(drawn), 15)]


def test_the_further_behind_the_fewer_pictures_are_drawn() -> None:
    """All up to 1.25 s, a fifth from 2.25 s on, evenly less in between."""
    shares = [drawn_share(lag_ms * MS) for lag_ms in (0, 1250, 1750, 2250, 9000)]
    assert [round(share, 3) for share in shares] == [1.0, 1.0, 0.6, 0.2, 0.2]


def test_no_picture_of_a_pause_is_repeated_into_the_file() -> None:
    """However far behind the mix is: the first tick after a pause has a picture of its own, and knows what it is."""
    machine = Machine(lambda _: 12.0, helped=False)
    resumed_s = range(3, 19, 2)
    for resume_s in resumed_s:
        machine.reel.pause((resume_s - 1) * SECOND)
        machine.reel.resume(resume_s * SECOND)
    machine.run(20)
    assert machine.drawn.count(True) < len(machine.drawn) / 2
    assert all(machine.drawn[resume_s * FPS] for resume_s in resumed_s)
    assert machine.cuts == [resume_s * FPS for resume_s in resumed_s]


def test_a_machine_that_is_fast_enough_draws_every_tick_in_time() -> None:
    """Nothing is late, nothing repeated, nothing given up."""
    machine = Machine(lambda _: 1.0)
    machine.run(5)
    assert machine.drawn == [True] * 150
    assert machine.pump.late == 0
    assert machine.controller.steps == []


def test_a_busy_machine_gives_quality_up_and_draws_every_tick() -> None:
    """Ten seconds with a third of the speed: cheaper pictures, but all of them, and full quality ten seconds later."""
    machine = Machine(lambda second: 3.0 if 3 < second < 13 else 1.0)
    machine.run(24)
    assert set(machine.drawn) == {True}
    assert max(machine.lags_ns) < 750 * MS
    steps = machine.controller.steps
    assert 2 < steps[0].at_ns / SECOND < 4.5
    assert steps[-1].after.level == 0
    assert steps[-1].at_ns < 23 * SECOND
    assert machine.lags_ns[-1] < MS


def test_where_giving_up_saves_nothing_a_steady_part_is_drawn() -> None:
    """The last resort: more than half of the pictures, never none, and all again within two seconds and a half."""
    machine = Machine(lambda second: 2.6 if 3 < second < 13 else 1.0, helped=False)
    machine.run(20)
    drawn = half_seconds(machine.drawn)
    busy = drawn[16:23]
    assert min(busy) >= 8
    assert set(drawn[28:]) == {15}
    assert max(machine.lags_ns) < 1700 * MS
    assert machine.lags_ns[-1] < MS


@pytest.mark.parametrize("helped", [True, False])
def test_stopping_far_behind_does_not_wait_for_every_picture(helped: bool) -> None:
    """Nobody looks at a mix that is late, but somebody waits for the file."""
    machine = Machine(lambda second: 5.0 if second > 3 else 1.0, helped=helped)
    seconds = machine.stop_at(13)
    assert len(machine.drawn) == 13 * FPS
    assert seconds < 3


def test_what_happens_while_it_stops_is_no_load() -> None:
    """Ticks are rendered as fast as can be, and the encoder's queue is full: nothing gives way for that."""
    machine = Machine(lambda _: 1.0)
    machine.stop_at(3)
    assert machine.controller.steps == []
