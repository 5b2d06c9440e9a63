"""Those who may be seen, in the order of their places."""

from collections.abc import Sequence

from mixer.layout.roster import Roster
from mixer.picture.entry import Entry


class Order:
    """`settle` every tick; sorted again only when somebody came, went, or changed places."""

    def __init__(self, roster: Roster) -> None:
        self.stages: list[Entry] = []
        self.cameras: list[Entry] = []
        self._roster = roster
        self._settled: tuple[Sequence[Entry], list[object], int] | None = None

    def settle(self, eligible: Sequence[Entry]) -> None:
        sources: list[object] = [entry.source for entry in eligible]
        if self._settled == (eligible, sources, self._roster.changes):
            return
        place = self._roster.place
        ordered = sorted(eligible, key=lambda entry: (place(entry.source.participant), entry.arrival))
        self.stages = [entry for entry in ordered if entry.source.stage]
        self.cameras = [entry for entry in ordered if not entry.source.stage]
        self._settled = (eligible, sources, self._roster.changes)
