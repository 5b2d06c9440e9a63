"""Who stays in a tile until the picture of the camera that takes it is there."""

from collections.abc import Sequence

from mixer.picture.entry import Entry


class StandIns:
    """Each in the tile it had, and nowhere else. `settle` every tick, then ask."""

    def __init__(self) -> None:
        self._seated: Sequence[Entry] = []
        self._before: dict[Entry, Entry] = {}

    def settle(self, cameras: Sequence[Entry], seated: Sequence[Entry]) -> None:
        """`cameras`: all who may be seen. `seated`: of those the ones with a tile, in order."""
        if self._seated == seated:
            return
        # Whoever loses a tile while it may be seen changed places with somebody who gets one: in order, one for one.
        # Whoever fills up for somebody who is gone altogether comes last.
        here, was_here, left = set(seated), set(self._seated), set(cameras).difference(seated)
        lost = [self._before.get(entry, entry) for entry in self._seated if entry in left]
        got = [entry for entry in seated if entry not in was_here]
        # Who stood in for another, and gets a tile of its own, leaves that to the one whose tile it gets.
        awaited = {other: entry for entry, other in self._before.items()}
        before = self._before | {awaited.get(new, new): old for new, old in zip(got, lost, strict=False)}
        self._before = {entry: other for entry, other in before.items() if entry in here and other not in here}
        self._seated = seated

    def before(self, entry: Entry) -> Entry | None:
        return self._before.get(entry)

    def release(self, entry: Entry) -> None:
        """Its own picture is there."""
        self._before.pop(entry, None)
