"""When ticks are rendered, and which are drawn: in virtual time, on a machine as busy as a test wants it."""

from collections.abc import Callable

import av
import numpy as np

from mixer.mix import Mixed
from mixer.pump import Pump, drawn_share
from mixer.settings import MixSettings

SECOND = 1_000_000_000
MS = 1_000_000
FPS = 30
QUEUE = 8  # ticks that wait for the encoder
MIX_MS = {True: 9, False: 4}  # drawn and repeated, on an idle machine
ENCODE_MS = {True: 16, False: 9}
PICTURE = av.VideoFrame(16, 16, "yuv420p")
SOUND = np.zeros((2, 1600), np.float32)


class Machine:
    """A mix and an encoder of which every tick costs what it does on two cores, times `slowness` (by second)."""

    def __init__(self, slowness: Callable[[float], float]) -> None:
        self.now_ns = 0
        self.drawn: list[bool] = []
        self.lags_ns: list[int] = []
        self._slowness = slowness
        self._encoded_ns: list[int] = []
        self.pump = Pump(self, self._put, MixSettings(), lambda: self.now_ns)  # type: ignore[arg-type]
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

    def tick(self, tick: int, *, redraw: bool) -> Mixed:
        self.drawn.append(redraw)
        self.lags_ns.append(self.pump.lag_ns)
        self._pass_time(self._cost_ns(MIX_MS[redraw]) / SECOND)
        return Mixed(tick, PICTURE, SOUND)

    def _put(self, _mixed: Mixed) -> None:
        encoded_ns = self._encoded_ns
        if len(encoded_ns) > QUEUE:
            self.now_ns = max(self.now_ns, encoded_ns[-QUEUE - 1])
        begin_ns = max(self.now_ns, encoded_ns[-1]) if encoded_ns else self.now_ns
        encoded_ns.append(begin_ns + self._cost_ns(ENCODE_MS[self.drawn[-1]]))

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
    """All up to half a second, a fifth from 1.25 s on, evenly less in between."""
    shares = [drawn_share(lag_ms * MS) for lag_ms in (0, 500, 875, 1250, 9000)]
    assert [round(share, 3) for share in shares] == [1.0, 1.0, 0.6, 0.2, 0.2]


def test_a_machine_that_is_fast_enough_draws_every_tick_in_time() -> None:
    """Nothing is late and nothing repeated."""
    machine = Machine(lambda _: 1.0)
    machine.run(5)
    assert machine.drawn == [True] * 150
    assert machine.pump.late == 0


def test_a_busy_machine_draws_a_steady_part_and_then_all_again() -> None:
    """Ten seconds with a third of the speed: half of the pictures, evenly; back to all within a second and a half."""
    machine = Machine(lambda second: 2.6 if 3 < second < 13 else 1.0)
    machine.run(20)
    drawn = half_seconds(machine.drawn)
    busy = drawn[16:23]
    assert min(busy) >= 5
    assert max(busy) - min(busy) <= 3
    assert set(drawn[26:]) == {15}
    assert max(machine.lags_ns) < 800 * MS
    assert machine.lags_ns[-1] < MS


def test_stopping_far_behind_does_not_wait_for_every_picture() -> None:
    """Nobody looks at a mix that is late, but somebody waits for the file."""
    machine = Machine(lambda second: 5.0 if second > 3 else 1.0)
    seconds = machine.stop_at(13)
    rest = machine.drawn[-150:]
    assert len(machine.drawn) == 13 * FPS
    assert seconds < 9
    assert sum(rest) < 60
