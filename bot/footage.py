"""Which of the room's time is in the file."""

from dataclasses import dataclass, replace

MOST_CUTS = 1000

RESUMED = "Recording resumed"


@dataclass(frozen=True, slots=True)
class Cut:
    """At `at_ns` of the part's file time, `length_ns` of the room's time are left out."""

    at_ns: int
    length_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """One part, in nanoseconds of one monotonic clock. `began_ns` is the instant of the part's file time 0, `before_ns`
    the file time of the parts before it. Of more than 1000 cuts the oldest are taken for one: only where a
    file ended before that would be misjudged."""

    part: int
    began_ns: int
    before_ns: int = 0
    cuts: tuple[Cut, ...] = ()
    paused_at_ns: int | None = None
    paused_before_ns: int = 0  # how long the pause in which the part began had lasted
    chapters_ns: tuple[int, ...] = ()  # file time of each resume, of all parts; the newest 1000
    gaps_ns: tuple[int, ...] = ()  # of part 2, 3, ...: how much of its beginning stands for what nobody recorded

    def pause(self, now_ns: int) -> "Footage":
        return self if self.paused_at_ns is not None else replace(self, paused_at_ns=max(now_ns, self.began_ns))

    def resume(self, now_ns: int) -> "Footage":
        if self.paused_at_ns is None:
            return self
        at_ns = self.file_ns(now_ns)
        cuts = (*self.cuts, Cut(at_ns, max(0, now_ns - self.paused_at_ns)))
        if len(cuts) > MOST_CUTS:
            cuts = (Cut(cuts[0].at_ns, cuts[0].length_ns + cuts[1].length_ns), *cuts[2:])
        chapters = (*self.chapters_ns, self.before_ns + at_ns)[-MOST_CUTS:]
        return replace(self, paused_at_ns=None, cuts=cuts, chapters_ns=tuple(dict.fromkeys(chapters)))

    @property
    def left_out_ns(self) -> int:
        """By the pauses that are over."""
        return sum(cut.length_ns for cut in self.cuts)

    @property
    def newest_pause_ns(self) -> int:
        """How long the newest that is over lasted, from where it began in a part before on; 0: there was none."""
        if not self.cuts:
            return 0
        return self.cuts[-1].length_ns + (self.paused_before_ns if len(self.cuts) == 1 else 0)

    def file_ns(self, now_ns: int) -> int:
        """The part's file time of an instant; in a pause that of its beginning."""
        until_ns = now_ns if self.paused_at_ns is None else min(now_ns, self.paused_at_ns)
        return max(0, until_ns - self.began_ns - self.left_out_ns)

    def place_ns(self, at_ns: int) -> int:
        """The whole recording's file time of an instant, also of one before a pause that is over; in a pause that of
        its beginning."""
        until_ns = at_ns if self.paused_at_ns is None else min(at_ns, self.paused_at_ns)
        room_ns, left_out_ns = max(0, until_ns - self.began_ns), self.left_out_ns
        for cut in reversed(self.cuts):
            if room_ns >= cut.at_ns + left_out_ns:  # where the cut ends
                break
            left_out_ns -= cut.length_ns
            if room_ns >= cut.at_ns + left_out_ns:
                return self.before_ns + cut.at_ns
        return self.before_ns + max(0, room_ns - left_out_ns)

    def end_of_ns(self, duration_ns: int) -> int:
        """How long after `began_ns` all parts together hold `duration_ns`, when there are no more pauses."""
        return max(0, duration_ns - self.before_ns) + self.left_out_ns

    def shifted(self, by_ns: int) -> "Footage":
        """On another clock."""
        paused_at_ns = None if self.paused_at_ns is None else self.paused_at_ns + by_ns
        return replace(self, began_ns=self.began_ns + by_ns, paused_at_ns=paused_at_ns)

    def following(self, recorded_ns: int, now_ns: int, *, part: int) -> tuple["Footage", int]:
        """The next part, which begins now and of which the first so many nanoseconds are the gap since this one ended
        at its file time `recorded_ns`. Paused stays paused: then the gap ends where the pause began."""
        gap_ns = max(0, self.file_ns(now_ns) - recorded_ns)
        earlier = self.gaps_ns if recorded_ns else self.gaps_ns[: max(0, self.part - 2)]
        following = Footage(
            part=part,
            began_ns=now_ns - gap_ns,
            before_ns=self.before_ns + recorded_ns,
            paused_at_ns=None if self.paused_at_ns is None else now_ns,
            paused_before_ns=0 if self.paused_at_ns is None else self.resume(now_ns).newest_pause_ns,
            chapters_ns=self.chapters_ns,
            gaps_ns=(*earlier, *(0,) * (part - 2 - len(earlier)), gap_ns),
        )
        return following, gap_ns
