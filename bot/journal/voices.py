"""Who speaks, as it is to be noted: of what is said in a pause, nothing."""

from collections.abc import Iterator

from bot.journal.line import What
from mixer.marks import MarkKind

NEAR_NS = 100_000_000  # of a pause: the mix counts in ticks
LATE_NS = 1_000_000_000  # behind a pause, until it is clear that a voice goes on there

Note = tuple[What, int, str]


class Voices:
    """Pure. Times are the file's; whoever begins to speak where a pause is (`cut_ns`) has spoken in it only, unless the
    voice goes on behind it."""

    def __init__(self) -> None:
        self.speaking: set[str] = set()
        self._held: dict[str, int] = {}

    def take(self, kind: MarkKind, who: str, at_ns: int, cut_ns: int | None) -> list[Note]:
        """`cut_ns`: of the newest pause."""
        if kind is MarkKind.SPEAKS:
            self.speaking.add(who)
            if cut_ns is not None and abs(at_ns - cut_ns) <= NEAR_NS:
                self._held[who] = at_ns
                return []
            return [(What.SPEAKS, at_ns, who)]
        self.speaking.discard(who)
        held_ns = self._held.pop(who, None)
        if held_ns is None:
            return [(What.SILENT, at_ns, who)]
        return [(What.SPEAKS, held_ns, who), (What.SILENT, at_ns, who)] if at_ns - held_ns > NEAR_NS else []

    def settle(self, mixed_ns: int) -> Iterator[Note]:
        """`mixed_ns`: how much of the file is mixed."""
        for who in [who for who, at_ns in self._held.items() if mixed_ns - at_ns > LATE_NS]:
            yield What.SPEAKS, self._held.pop(who), who
