"""What the mix has noticed that belongs into a recording's history: who spoke when, and which picture stood."""

from collections import deque
from enum import StrEnum
from typing import NamedTuple

MOST_WAITING = 4096


class MarkKind(StrEnum):
    SPEAKS = "speaks"  # `of` a participant: began to, at `from_ns`
    SILENT = "silent"  # `of` a participant: the last sound ended at `from_ns`
    FROZEN = "frozen"  # `of` a track: its picture was shown from `from_ns` to `to_ns` without a newer one


class Mark(NamedTuple):
    """Times are pts of the mix, of what is heard and seen, not of when it was noticed."""

    kind: MarkKind
    of: str
    from_ns: int
    to_ns: int = 0


class Marks:
    """`add` on the mix's thread, `take` on any one other. Of more than 4096 that nobody takes the newest are left out,
    and counted."""

    def __init__(self) -> None:
        self.left_out = 0
        self._waiting: deque[Mark] = deque()

    def add(self, mark: Mark) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self.left_out += 1
        else:
            self._waiting.append(mark)

    def take(self) -> list[Mark]:
        """What came since the last call."""
        return [self._waiting.popleft() for _ in range(len(self._waiting))]
