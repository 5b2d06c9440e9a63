"""When quality gives way and when it comes back: the rules alone, in virtual time."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.controller import MOST_STEPS, Controller, Reading, Step
from mixer.effort import FULL, ladder

SECOND = 1_000_000_000
MS = 1_000_000
LOOK = 250 * MS
LADDER = ladder(3)
LAST = LADDER[-1].level


def observe(controller: Controller, readings: Iterable[Reading]) -> list[Step]:
    for reading in readings:
        controller.observe(reading)
    return controller.steps


class Machine:
    """Two threads, each with its work at full quality as a share of real time; what a level gives up comes off. The
    backlog follows from what is left."""

    def __init__(
        self,
        controller: Controller,
        *,
        mix_effect: float = 1.0,
        encode_effect: float = 1.0,
        encoder: Sequence[float] = (),
    ) -> None:
        """`encoder`: what its levels really cost, where that is not what the ladder says."""
        self.controller = controller
        self.now_ns = 0
        self.behind_ns = 0.0
        self.levels: list[int] = []
        self.backlog_ns: list[float] = []
        self._errors = [cost / LADDER[level].encode_cost for level, cost in enumerate(encoder)] or [1.0] * 3
        self._mix_effect, self._encode_effect = mix_effect, encode_effect  # 1: levels save what is foreseen; 0: nothing

    def run(self, seconds: float, mix: float, encode: float) -> "Machine":
        for _ in range(round(seconds * SECOND / LOOK)):
            effort = self.controller.effort
            mixing = mix * effort.mix_cost**self._mix_effect
            encoding = encode * effort.encode_cost**self._encode_effect * self._errors[effort.encoder]
            busiest = max(mixing, encoding)
            self.now_ns += LOOK
            self.behind_ns = max(0.0, self.behind_ns + LOOK * (1 - 1 / busiest if busiest > 1 else busiest - 1))
            reading = Reading(self.now_ns, self.now_ns, int(self.behind_ns), mixing, encoding)
            self.controller.observe(reading)
            self.levels.append(self.controller.effort.level)
            self.backlog_ns.append(self.behind_ns)
        return self


def test_the_ladder_gives_way_in_the_order_that_is_promised() -> None:
    """Encoder first, then the cameras' frame rate, then layers, then fewer tiles; the stage last."""
    assert [effort.level for effort in LADDER] == list(range(len(LADDER)))
    assert [effort.encoder for effort in LADDER[:3]] == [0, 1, 2]
    first = {
        "rate": next(effort.level for effort in LADDER if effort.camera_every > 1),
        "layers": next(effort.level for effort in LADDER if effort.layer_scale < 1),
        "tiles": next(effort.level for effort in LADDER if effort.camera_turns > 1),
        "stage": next(effort.level for effort in LADDER if effort.stage_every > 1),
        "keyframes": next(effort.level for effort in LADDER if effort.keyframes_only),
    }
    assert list(first.values()) == sorted(set(first.values()))
    assert min(first.values()) == 3
    assert len({effort.name for effort in LADDER}) == len(LADDER)


def test_an_encoder_with_one_level_is_left_alone() -> None:
    """The picture gives way in its place."""
    assert {effort.encoder for effort in ladder(1)} == {0}
    assert ladder(1)[0] is FULL


def test_every_level_costs_less_than_the_one_before() -> None:
    """In sum: none is there for nothing."""
    costs = [effort.mix_cost + effort.encode_cost for effort in LADDER]
    assert costs == sorted(costs, reverse=True)
    assert len(set(costs)) == len(costs)


def test_a_hiccup_changes_nothing() -> None:
    """Half a second late at once, and caught up with by itself."""
    backlog_ms = [0, 0, 500, 400, 250, 100, 0, 0]
    readings = [Reading(i * LOOK, i * LOOK, ms * MS, 0.4, 0.6) for i, ms in enumerate(backlog_ms)]
    assert observe(Controller(LADDER), readings) == []


@pytest.mark.parametrize("encode", [1.3, 2.0, 3.0])
def test_it_reacts_within_two_seconds_and_then_holds(encode: float) -> None:
    """An encoder at 1.3, 2 and 3 times real time: the backlog stays below 1.5 s, and is gone soon. What is
    tried after that costs a small one."""
    machine = Machine(Controller(LADDER)).run(5, 0.4, 0.6)
    assert machine.levels[-1] == 0
    machine.run(2, 0.4, encode)
    assert machine.levels[-1] > 0
    assert machine.behind_ns < 1.5 * SECOND
    machine.run(10, 0.4, encode)
    assert min(machine.backlog_ns[-40:]) < 100 * MS
    machine.run(20, 0.4, encode)
    assert max(machine.backlog_ns[-80:]) < 700 * MS


def test_the_longer_the_backlog_the_longer_the_steps() -> None:
    """Far behind and still falling: the least is done within a second."""
    readings = [Reading(i * LOOK, i * LOOK, SECOND + i * LOOK, 4.0, 4.0) for i in range(1, 8)]
    steps = observe(Controller(LADDER), readings)
    assert steps[-1].after.level == LAST
    assert steps[-1].at_ns <= 2 * SECOND


@pytest.mark.parametrize(("mix", "encode"), [(0.2, 0.44), (0.44, 0.3), (0.05, 0.05)])
@pytest.mark.parametrize("minutes", [0.1, 10])
def test_full_quality_is_back_ten_seconds_after_the_load(mix: float, encode: float, minutes: float) -> None:
    """Whatever was tried in vain before, and however long it took."""
    machine = Machine(Controller(LADDER), mix_effect=3).run(60 * minutes, 5 * mix + 1, 5 * encode + 1)
    assert machine.levels[-1] > 0
    machine.run(10, mix, encode)
    assert machine.levels[-1] == 0


@pytest.mark.parametrize("over", [1.2, 1.5, 2.0, 3.0, 4.0])
@pytest.mark.parametrize("encoder", [(1, 0.85, 0.75), (1, 0.85, 0.63), (1, 0.9, 0.93), (1, 0.6, 0.36)], ids=str)
def test_full_quality_is_back_when_levels_save_other_than_foreseen(encoder: tuple[float, ...], over: float) -> None:
    """Pictures differ: an encoder that is busy for 0.7 of real time at rest is at full quality ten seconds later."""
    machine = Machine(Controller(LADDER), encoder=encoder).run(5, 0.4, 0.7).run(12, 0.5, over)
    assert machine.levels[-1] > 0
    machine.run(10, 0.4, 0.7)
    assert machine.levels[-1] == 0


@pytest.mark.parametrize(("work", "least_s"), [(1.02, 15), (1.1, 59), (1.2, 59)])
def test_a_machine_too_slow_for_full_quality_is_tried_ever_more_rarely(work: float, least_s: int) -> None:
    """Room enough is foreseen, wrongly: after a few tries there is a minute between them, or however
    long it takes to fall behind."""
    controller = Controller(LADDER)
    machine = Machine(controller, encode_effect=1.4).run(900, 0.3, work)
    late = [step for step in controller.steps if step.at_ns > 240 * SECOND and step.after.level == 0]
    assert all(after.at_ns - before.at_ns > least_s * SECOND for before, after in pairwise(late))
    assert machine.behind_ns < 1.5 * SECOND


def test_levels_that_save_nothing_are_no_trap() -> None:
    """A wrong forecast says there is no room; it is tried all the same, and holds."""
    controller = Controller(LADDER)
    machine = Machine(controller, mix_effect=0.0, encode_effect=0.0).run(5, 0.3, 3.0).run(60, 0.3, 0.7)
    assert machine.levels[-1] == 0


def test_steps_say_what_happened_and_are_bounded() -> None:
    """Each with its place and its reason; of the rest only the number, and the time at less than full quality."""
    controller = Controller(LADDER)
    for round_ in range(MOST_STEPS):
        for i in range(40):
            behind = i * LOOK if i < 5 else 0
            now = (20 * round_ * SECOND) + i * LOOK
            controller.observe(Reading(now, now, behind, 0.2, 0.3 if i > 5 else 2.0))
    assert len(controller.steps) == MOST_STEPS
    assert controller.steps_left_out > 0
    first = controller.steps[0]
    assert (first.before, first.after.level) == (FULL, 1)
    assert first.behind_ns > 300 * MS
    assert first.encode_load > 1
    assert 0 < controller.reduced_ns < MOST_STEPS * 20 * SECOND


def looks() -> st.SearchStrategy[list[tuple[int, int, float, float]]]:
    """Any sequence of readings: time that passes, backlog, loads."""
    load = st.floats(0, 8, allow_nan=False)
    one = st.tuples(st.integers(LOOK, 3 * SECOND), st.integers(0, 20 * SECOND), load, load)
    return st.lists(one, min_size=1, max_size=120)


def replay(controller: Controller, sequence: list[tuple[int, int, float, float]]) -> int:
    now_ns = 0
    for passed_ns, behind_ns, mix, encode in sequence:
        now_ns += passed_ns
        controller.observe(Reading(now_ns, now_ns, behind_ns, mix, encode))
    return now_ns


@given(looks())
@settings(max_examples=200, deadline=None)
def test_whatever_happens_steps_keep_their_distance(sequence: list[tuple[int, int, float, float]]) -> None:
    """250 ms down after down, 750 ms up after up, 1.5 s from down to up; and the same loads give the same steps."""
    controller, again = Controller(LADDER), Controller(LADDER)
    replay(controller, sequence)
    replay(again, sequence)
    assert controller.steps == again.steps
    for one, other in pairwise(controller.steps):
        passed_ns = other.at_ns - one.at_ns
        fell, falls = one.after.level > one.before.level, other.after.level > other.before.level
        least_ns = {(True, True): 250, (False, False): 750, (True, False): 1500, (False, True): 0}[fell, falls] * MS
        assert passed_ns >= least_ns
        assert one.after is other.before
        assert abs(other.after.level - other.before.level) >= 1


@given(looks(), st.floats(0, 0.44), st.floats(0, 0.44))
@settings(max_examples=200, deadline=None)
def test_whatever_happened_full_quality_comes_back(
    sequence: list[tuple[int, int, float, float]], mix: float, encode: float
) -> None:
    """Ten seconds with less than 45 % of real time in use, at every level, and no backlog."""
    controller = Controller(LADDER)
    now_ns = replay(controller, sequence)
    for i in range(1, 41):
        controller.observe(Reading(now_ns + i * LOOK, now_ns + i * LOOK, 0, mix, encode))
    assert controller.effort is FULL


@given(st.lists(st.tuples(st.floats(0.1, 4), st.floats(0.1, 4), st.integers(1, 30)), max_size=12))
@settings(max_examples=100, deadline=None)
def test_a_machine_of_any_speed_is_never_lost(spells: list[tuple[float, float, int]]) -> None:
    """Full quality up to four times too much for it, in any order: the backlog stays below four seconds."""
    machine = Machine(Controller(LADDER), mix_effect=3)
    worst = 0.0
    for mix, encode, seconds in spells:
        for _ in range(seconds):
            machine.run(1, mix, encode)
            worst = max(worst, machine.behind_ns)
    assert worst < 4 * SECOND
