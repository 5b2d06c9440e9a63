"""When quality gives way, and when it comes back. Rules on values: no clock, no threads."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mixer.effort import Effort

MS = 1_000_000
SECOND = 1_000 * MS

# Being late costs nothing but memory, so a hiccup is no reason to give way; a backlog of this much, still growing, is.
BEHIND_NS = 300 * MS
# How many levels are given up at a time, by the backlog: the more, the less patience.
_HASTE = ((2 * SECOND, 99), (1 * SECOND, 2), (BEHIND_NS, 1))
# A backlog that shrinks by this share of the time that passes needs no more help; nor does one of less than a second
# when both threads are faster than real time by now.
_SHRINKING = 0.1
_KEEPS_UP = 0.9
# After a level was given up: time to show what it has brought; less of it when already far behind.
_PATIENCE_NS = 500 * MS
_HURRY_NS = 250 * MS
# Back up: after so long without a backlog, so long after the last level was given up, and so long after the last one
# that came back.
_CALM_BACKLOG_NS = 150 * MS
_CALM_NS = 500 * MS
_REST_NS = 1_500 * MS
_RISE_NS = 750 * MS
# A better level is taken when it is foreseen to keep the busier thread below this share of real time; two at a time
# below the other.
_ROOM = 0.85
_MUCH_ROOM = 0.6
# What is foreseen may be wrong. After this long without a backlog one level is tried all the same.
_TRIAL_NS = 4 * SECOND
# A level that is lost again within this time has failed, and is not tried again for a while that doubles each time;
# unless the work has become less by then, which is what it waits for, or both threads have little to do.
_PROOF_NS = 10 * SECOND
_FIRST_BACKOFF_NS = 4 * SECOND
_LAST_BACKOFF_NS = 60 * SECOND
_LESS_WORK = 0.7
_LITTLE = 0.45
_AVERAGED = 4  # readings, into the load of a level

MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """How the mix does at a moment. Loads are wall time as a share of real time, since the reading before."""

    now_ns: int  # of any steady clock
    at_ns: int  # place in the recording
    behind_ns: int  # of the clock: the tick being rendered, and those that wait for the encoder
    mix_load: float
    encode_load: float


@dataclass(frozen=True, slots=True)
class Step:
    """Quality gave way, or came back."""

    at_ns: int  # place in the recording
    before: Effort
    after: Effort
    behind_ns: int
    mix_load: float  # about the last second's
    encode_load: float


@dataclass(slots=True)
class _Stay:
    """The load lately, but not from before the level was changed."""

    count: int = 0
    mix: float = 0.0
    encode: float = 0.0

    def add(self, reading: Reading) -> None:
        self.count = min(self.count + 1, _AVERAGED)
        self.mix += (reading.mix_load - self.mix) / self.count
        self.encode += (reading.encode_load - self.encode) / self.count


@dataclass(slots=True)
class _Failure:
    """The last try at a better level that did not hold."""

    level: int
    work: float  # of full quality, as it was foreseen when it was tried
    until_ns: int


@dataclass
class Controller:
    """`observe` a few times a second. One step at most every 250 ms; upwards one every 750 ms, none sooner than 1.5 s
    after one downwards. With less than 45 % of real time in use it is back at full quality within 10 s.

    Keeps the first MOST_STEPS steps and counts the rest.
    """

    ladder: Sequence[Effort]
    steps: list[Step] = field(default_factory=list)
    steps_left_out: int = 0
    reduced_ns: int = 0  # of the recording, at less than full quality

    def __post_init__(self) -> None:
        self.effort = self.ladder[0]
        self._stay = _Stay()
        self._before: Reading | None = None
        self._fell_ns = self._rose_ns = -(1 << 62)
        self._calm_since_ns: int | None = None
        self._tried: tuple[int, float] | None = None  # the level that came back last, and the work foreseen for it
        self._failure: _Failure | None = None
        self._backoff_ns = _FIRST_BACKOFF_NS

    def observe(self, reading: Reading) -> Effort:
        """What to do from now on."""
        before = self._before or reading
        self._before = reading
        if self.effort.level:
            self.reduced_ns += max(0, reading.at_ns - before.at_ns)
        self._stay.add(reading)
        self._note_calm(reading)
        level = self._worse(reading, before)
        if level == self.effort.level:
            level = self._better(reading)
        if level != self.effort.level:
            self._step(level, reading)
        return self.effort

    def _note_calm(self, reading: Reading) -> None:
        if reading.behind_ns > _CALM_BACKLOG_NS:
            self._calm_since_ns = None
        elif self._calm_since_ns is None:
            self._calm_since_ns = reading.now_ns
        if self._tried is not None and reading.now_ns - self._rose_ns > _PROOF_NS:
            self._tried = None
            self._backoff_ns = _FIRST_BACKOFF_NS

    def _worse(self, reading: Reading, before: Reading) -> int:
        level, behind_ns = self.effort.level, reading.behind_ns
        if behind_ns <= BEHIND_NS or before.behind_ns <= _CALM_BACKLOG_NS:  # once is a hiccup
            return level
        passed_ns = reading.now_ns - before.now_ns
        if before.behind_ns - behind_ns > _SHRINKING * passed_ns:
            return level
        if behind_ns < SECOND and max(reading.mix_load, reading.encode_load) < _KEEPS_UP:
            return level
        patience_ns = _HURRY_NS if behind_ns > SECOND else _PATIENCE_NS
        if reading.now_ns - self._fell_ns < patience_ns:
            return level
        haste = next(levels for backlog_ns, levels in _HASTE if behind_ns > backlog_ns)
        return min(level + haste, len(self.ladder) - 1)

    def _better(self, reading: Reading) -> int:
        level, now_ns = self.effort.level, reading.now_ns
        calm_ns = 0 if self._calm_since_ns is None else now_ns - self._calm_since_ns
        if (
            level == 0
            or calm_ns < _CALM_NS
            or now_ns - self._fell_ns < _REST_NS
            or now_ns - self._rose_ns < _RISE_NS
            or self._foreseen(level) > _ROOM  # at work as it is: no room at all
        ):
            return level
        if level > 1 and self._foreseen(level - 2) < _MUCH_ROOM and not self._is_barred(level - 2, now_ns):
            return level - 2
        there_is_room = self._foreseen(level - 1) < _ROOM or min(calm_ns, now_ns - self._rose_ns) >= _TRIAL_NS
        return level - 1 if there_is_room and not self._is_barred(level - 1, now_ns) else level

    def _foreseen(self, level: int) -> float:
        """The load of the busier thread at that level."""
        here, there = self.effort, self.ladder[level]
        return max(
            self._stay.mix / here.mix_cost * there.mix_cost, self._stay.encode / here.encode_cost * there.encode_cost
        )

    def _is_barred(self, level: int, now_ns: int) -> bool:
        """It, or one as good, has failed not long ago, and the work is still the same."""
        failure = self._failure
        if failure is None or level > failure.level or now_ns >= failure.until_ns:
            return False
        if self._foreseen(self.effort.level) < _LITTLE:
            return False
        return self._foreseen(0) > _LESS_WORK * failure.work

    def _step(self, level: int, reading: Reading) -> None:
        now_ns, rising = reading.now_ns, level < self.effort.level
        if rising:
            self._tried = (level, self._foreseen(0))
            self._rose_ns = now_ns
        else:
            if self._tried is not None:
                self._failure = _Failure(*self._tried, until_ns=now_ns + self._backoff_ns)
                self._backoff_ns = min(2 * self._backoff_ns, _LAST_BACKOFF_NS)
                self._tried = None
            self._fell_ns = now_ns
        self._keep(
            Step(reading.at_ns, self.effort, self.ladder[level], reading.behind_ns, self._stay.mix, self._stay.encode)
        )
        self.effort = self.ladder[level]
        self._stay = _Stay()

    def _keep(self, step: Step) -> None:
        if len(self.steps) < MOST_STEPS:
            self.steps.append(step)
        else:
            self.steps_left_out += 1
