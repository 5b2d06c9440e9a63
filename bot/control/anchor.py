"""What the next part of a recording has to know of the one before: absences, pauses, and the clock they are told by."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Self

from bot.ending import Presences
from bot.footage import Cut, Footage


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


@dataclass(frozen=True, slots=True)
class Instant:
    """Now, on the clock of one boot and on the wall. Only within a boot can the clocks of two processes be compared;
    the wall clock may be put right at any time."""

    boot: str
    monotonic_ns: int
    unix_ns: int

    @classmethod
    def now(cls) -> Self:
        return cls(_boot(), time.monotonic_ns(), time.time_ns())

    def unix_s(self, at_ns: int) -> float:
        """Of a moment of the monotonic clock."""
        return (self.unix_ns + at_ns - self.monotonic_ns) / 1e9

    def shift_from(self, other: "Instant") -> int:
        """What to add to a moment of `other`'s monotonic clock to have it on this one's."""
        if self.boot == other.boot:
            return 0
        return (self.monotonic_ns - self.unix_ns) - (other.monotonic_ns - other.unix_ns)


@dataclass(frozen=True, slots=True)
class Anchor:
    at: Instant
    presences: Presences
    footage: Footage | None  # None: nothing was written

    def carried(self, now: Instant) -> "Anchor":
        """On the clock of `now`."""
        by_ns = now.shift_from(self.at)
        return Anchor(now, self.presences.shifted(by_ns), self.footage and self.footage.shifted(by_ns))

    def as_values(self) -> dict[str, Any]:
        values = asdict(self)
        presences = values["presences"]
        return values | {"presences": presences | {key: sorted(presences[key]) for key in ("seen", "hosts")}}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Keys that are not known are passed over. Raises KeyError, TypeError or AttributeError for what is none."""
        presences, footage = _known(Presences, values["presences"]), values["footage"]
        sets = {key: frozenset(presences[key]) for key in ("seen", "hosts")}
        at = Instant(**_known(Instant, values["at"]))
        return cls(at, Presences(**{**presences, **sets}), footage and _footage(_known(Footage, footage)))


def _footage(values: Mapping[str, Any]) -> Footage:
    cuts = tuple(Cut(**_known(Cut, cut)) for cut in values["cuts"])
    return Footage(**{**values, "cuts": cuts, **{key: tuple(values[key]) for key in ("chapters_ns", "gaps_ns")}})


def _known(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Of a bot of another version."""
    names = {item.name for item in fields(kind)}
    return {key: value for key, value in values.items() if key in names}
