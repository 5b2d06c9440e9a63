"""Packets that are missing, and when each is asked for again."""

from bot.receive.settings import MILLISECOND_NS

_FIRST_GUESS_NS = 60 * MILLISECOND_NS  # between requests while no round trip is known
_SHORTEST_NS = 20 * MILLISECOND_NS
_LONGEST_NS = 250 * MILLISECOND_NS
_TRIES = 30


_LONGEST_TOLERANCE_NS = 50 * MILLISECOND_NS
_REMEMBERED = 256


class _Entry:
    __slots__ = ("first_ns", "next_ns", "noticed_ns", "taken_ns", "tries")

    def __init__(self, noticed_ns: int, next_ns: int) -> None:
        self.noticed_ns = noticed_ns
        self.first_ns = 0  # first request
        self.next_ns = next_ns
        self.taken_ns = 0
        self.tries = 0


class Missing:
    """Of one SSRC, by extended sequence number. At most `bound` entries: the oldest are given up.

    How long to wait for a packet that may only be reordered is learned: when one comes twice, the first was not the
    answer to the request, so it was asked for too early.
    """

    def __init__(self, bound: int, tolerance_ns: int) -> None:
        self._bound = bound
        self._least_tolerance_ns = self.tolerance_ns = tolerance_ns
        self._entries: dict[int, _Entry] = {}
        self._next_ns = 0
        self._given_up: dict[int, None] = {}
        self._answered: dict[int, _Entry] = {}
        self.round_trip_ns = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, sequence: int) -> bool:
        return sequence in self._entries

    def add(self, first: int, end: int, now_ns: int) -> None:
        """Numbers from `first` up to but not including `end` did not come."""
        for sequence in range(end - self._bound, first, -1):
            self._forget(sequence - 1)
        due = now_ns + self.tolerance_ns
        for sequence in range(max(first, end - self._bound), end):
            self._entries[sequence] = _Entry(now_ns, due)
        while len(self._entries) > self._bound:
            self.give_up(next(iter(self._entries)))
        self._next_ns = min(self._next_ns, due) if self._next_ns else due

    def take(self, sequence: int, now_ns: int) -> int | None:
        """The packet came: how often it was asked for (0: it was only late), or None when it was not missing."""
        entry = self._entries.pop(sequence, None)
        if entry is None:
            return None
        if entry.tries:
            if entry.tries == 1 or not self.round_trip_ns:  # else nobody knows which request was answered
                self._measure(now_ns - entry.first_ns)
            self.tolerance_ns -= (self.tolerance_ns - self._least_tolerance_ns) >> 6
            entry.taken_ns = now_ns
            self._answered[sequence] = entry
            if len(self._answered) > _REMEMBERED:
                del self._answered[next(iter(self._answered))]
        return entry.tries

    def taken_again(self, sequence: int, now_ns: int) -> None:
        """A duplicate."""
        entry = self._answered.pop(sequence, None)
        if entry is None:
            return
        if entry.tries == 1:
            late_ns = entry.taken_ns - entry.noticed_ns + 2 * MILLISECOND_NS
            self.tolerance_ns = min(_LONGEST_TOLERANCE_NS, max(self.tolerance_ns, late_ns))
            self.round_trip_ns = max(self.round_trip_ns, now_ns - entry.first_ns)
        elif entry.tries == 2:  # both requests were answered: the second was too early
            self.round_trip_ns = max(self.round_trip_ns, entry.taken_ns - entry.first_ns)

    def _measure(self, sample_ns: int) -> None:
        known = self.round_trip_ns
        self.round_trip_ns = known + (sample_ns - known) // 8 if known else sample_ns

    def give_up(self, sequence: int) -> bool:
        if self._entries.pop(sequence, None) is None:
            return False
        self._forget(sequence)
        return True

    def give_up_before(self, sequence: int) -> int:
        """How many were still missing below `sequence`."""
        gone = [missing for missing in self._entries if missing < sequence]
        for missing in gone:
            self.give_up(missing)
        return len(gone)

    def was_given_up(self, sequence: int) -> bool:
        return sequence in self._given_up

    def due(self, now_ns: int) -> list[int]:
        """What to ask for now, rising. Counts as asked."""
        if not self._entries or now_ns < self._next_ns:
            return []
        interval = self.interval_ns()
        asked = []
        following = now_ns + _LONGEST_NS
        for sequence, entry in self._entries.items():
            if entry.next_ns <= now_ns:
                if entry.tries >= _TRIES:
                    continue
                entry.tries += 1
                entry.first_ns = entry.first_ns or now_ns
                # An overdue answer was lost, and few are: ask faster than it can come, faster still when time runs out.
                share = 1 if entry.tries < 2 else 3 if entry.tries < 4 else 6
                entry.next_ns = now_ns + max(_SHORTEST_NS, interval // share)
                asked.append(sequence)
            following = min(following, entry.next_ns)
        self._next_ns = following
        return sorted(asked)

    def hopeless(self, now_ns: int) -> bool:
        """The oldest has been asked for often and long without an answer."""
        entry = next(iter(self._entries.values()), None)
        return (
            entry is not None
            and entry.tries >= 3
            and now_ns - entry.first_ns > max(_LONGEST_NS, 2 * self.interval_ns())
        )

    def interval_ns(self) -> int:
        if not self.round_trip_ns:
            return _FIRST_GUESS_NS
        return max(_SHORTEST_NS, min(_LONGEST_NS, self.round_trip_ns + self.round_trip_ns // 8 + 5 * MILLISECOND_NS))

    def _forget(self, sequence: int) -> None:
        self._given_up[sequence] = None
        if len(self._given_up) > self._bound:
            del self._given_up[next(iter(self._given_up))]
