"""What a relay does to packets on their way: a plan that follows from a seed, without I/O."""

import random
from dataclasses import dataclass, field

from signaling.rehearsal.rhythm import SECOND_NS


@dataclass(frozen=True, slots=True)
class Mishaps:
    """The same for both directions, each with dice of its own. Shares are from 0 to 1.

    `loss` is the share of packets lost over time. With `burst` above 1 they are lost in rows of that mean length
    (Gilbert's model). `jitter_ns` is the largest delay added to `delay_ns` (one way; half of the round trip); packets
    keep their order unless they are among the `reordered`, which come `jitter_ns` or 10 ms later than they should.
    `down` are windows since the relay's start, (from, to) in ns, in which nothing comes through.
    """

    loss: float = 0.0
    burst: float = 1.0
    delay_ns: int = 0
    jitter_ns: int = 0
    reordered: float = 0.0
    duplicated: float = 0.0
    down: tuple[tuple[int, int], ...] = ()
    seed: int = 1
    spare_ns: int = 0  # nothing is lost in the first so many ns: for what is to be shown after joining


@dataclass(slots=True)
class Dice:
    """One direction's fate, packet by packet."""

    mishaps: Mishaps
    direction: int
    _random: random.Random = field(init=False)
    _losing: bool = False
    _last_ns: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.mishaps.seed * 2 + self.direction)

    def departures(self, now_ns: int) -> tuple[int, ...]:
        """When a packet that arrives at `now_ns` (since the relay's start) leaves: never, once, or twice."""
        mishaps = self.mishaps
        if any(start <= now_ns < end for start, end in mishaps.down):
            return ()
        lost = self._lose()
        if lost and now_ns >= mishaps.spare_ns:
            return ()
        leaves = now_ns + mishaps.delay_ns + round(self._random.random() * mishaps.jitter_ns)
        if self._random.random() < mishaps.reordered:
            leaves += mishaps.jitter_ns or SECOND_NS // 100
        else:
            leaves = self._last_ns = max(leaves, self._last_ns)
        if self._random.random() < mishaps.duplicated:
            return leaves, leaves + SECOND_NS // 1000
        return (leaves,)

    def _lose(self) -> bool:
        """Gilbert: out of a row of losses with 1 / burst, into one so often that the share is `loss`."""
        mishaps = self.mishaps
        if mishaps.loss <= 0:
            return False
        if mishaps.burst <= 1:
            return self._random.random() < mishaps.loss
        leave = 1 / mishaps.burst
        enter = leave * mishaps.loss / max(1e-9, 1 - mishaps.loss)
        self._losing = self._random.random() >= leave if self._losing else self._random.random() < enter
        return self._losing
