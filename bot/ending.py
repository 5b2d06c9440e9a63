"""The rules by which a recording ends by itself (design, section 6), on values and a clock that is an argument."""

from dataclasses import dataclass, replace

from bot.lifecycle import EndReason

_SOMEBODY = ""  # a host who was told of without a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    host_absent_ns: int
    room_empty_ns: int
    room_timeout_ns: int
    duration_ns: int  # of what is in the file


@dataclass(frozen=True, slots=True)
class Sight:
    """Who is in the room, as the room itself says it."""

    hosts: frozenset[str]
    anybody: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Presences:
    """What the rules remember; instants of one monotonic clock in nanoseconds. `opened_ns` is when the room was."""

    opened_ns: int
    seen: frozenset[str] = frozenset()  # hosts, when the room was last looked at
    hosts: frozenset[str] = frozenset()  # taken to be there: seen, or told of
    host_absent_since_ns: int | None = None  # None before a host was ever seen or told of
    empty_since_ns: int | None = None

    def look(self, sight: Sight | None, now_ns: int) -> "Presences":
        """`sight` None: the bot is not in the room; everything stays as it was known, and absences go on."""
        if sight is None:
            return self
        came, went = sight.hosts - self.seen, self.seen - sight.hosts
        hosts = (self.hosts | came) - went
        if went:
            hosts -= {_SOMEBODY}  # it is not known who that was; a host who is there will be seen or told of again
        empty_since_ns = None if sight.anybody else self.empty_since_ns if self.empty_since_ns is not None else now_ns
        return replace(self._with_hosts(hosts, now_ns), seen=sight.hosts, empty_since_ns=empty_since_ns)

    def tell(self, *, present: bool, identity: str | None, now_ns: int) -> "Presences":
        """The conferencing server says that a host came or left; without a name it is about all of them."""
        if present:
            return self._with_hosts(self.hosts | {identity or _SOMEBODY}, now_ns)
        left = self._with_hosts(self.hosts - {identity} if identity else frozenset(), now_ns)
        if left.hosts or left.host_absent_since_ns is not None:
            return left
        return replace(left, host_absent_since_ns=now_ns)

    def shifted(self, by_ns: int) -> "Presences":
        """On another clock."""

        def moved(at_ns: int | None) -> int | None:
            return None if at_ns is None else at_ns + by_ns

        return replace(
            self,
            opened_ns=self.opened_ns + by_ns,
            host_absent_since_ns=moved(self.host_absent_since_ns),
            empty_since_ns=moved(self.empty_since_ns),
        )

    def _with_hosts(self, hosts: frozenset[str], now_ns: int) -> "Presences":
        since_ns = self.host_absent_since_ns
        if hosts:
            since_ns = None
        elif self.hosts:
            since_ns = now_ns
        return replace(self, hosts=hosts, host_absent_since_ns=since_ns)


@dataclass(frozen=True, slots=True)
class End:
    """What will end the recording when nothing changes."""

    at_ns: int
    reason: EndReason


def next_end(presences: Presences, limits: Limits, now_ns: int, *, recorded_ns: int, paused: bool) -> End:
    """The first rule to come due; it is due when its `at_ns` has come. A pause stops only the clock of what is in the
    file. `recorded_ns` is how much of the recording that is now."""
    ends = [End(presences.opened_ns + limits.room_timeout_ns, EndReason.ROOM_TIMEOUT)]
    if not paused:
        ends.append(End(now_ns + max(0, limits.duration_ns - recorded_ns), EndReason.DURATION_LIMIT))
    if presences.host_absent_since_ns is not None:
        ends.append(End(presences.host_absent_since_ns + limits.host_absent_ns, EndReason.HOST_ABSENT))
    if presences.empty_since_ns is not None:
        ends.append(End(presences.empty_since_ns + limits.room_empty_ns, EndReason.ROOM_EMPTY))
    return min(ends, key=lambda end: end.at_ns)
