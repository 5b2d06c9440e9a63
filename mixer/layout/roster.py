"""Who sits where: the order of participants on the canvas."""

from collections.abc import Collection

MOST_REMEMBERED = 4096


class Roster:
    """Places in the order of first appearance. Whoever comes back takes the old place, whatever happened meanwhile.

    Remembers MOST_REMEMBERED participants; then those who are gone are forgotten, the longest-known first.
    """

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._next = 0
        self.changes = 0  # counts up whenever a place is given, changed or forgotten

    def place(self, participant: str) -> int:
        if participant not in self._places:
            self._places[participant] = self._next
            self._next += 1
            self.changes += 1
        return self._places[participant]

    def swap(self, one: str, other: str) -> None:
        """They change places, and nobody else moves."""
        first, second = self.place(one), self.place(other)
        self._places[one], self._places[other] = second, first
        self.changes += 1

    def prune(self, present: Collection[str]) -> None:
        """Keep within the bound. Cheap while it is kept."""
        surplus = len(self._places) - MOST_REMEMBERED
        if surplus > 0:
            gone = [participant for participant in self._places if participant not in present]
            for participant in gone[:surplus]:
                del self._places[participant]
            self.changes += 1
