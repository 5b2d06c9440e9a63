"""What goes into the trash, and what leaves it for good: pure rules on values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.library.catalogue.recording import Recording

DAY_S = 24 * 3600
HOUR_S = 3600
MB = 1_000_000
# However short the disk is, what was thrown away can be brought back for this long.
LEAST_IN_TRASH_S = HOUR_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`keep_s` 0: for ever. `keep_least_s`: not removed before, whatever the disk says. `keep_free_bytes` 0: whatever
    the disk says. `trash_s`: the grace between the trash and the end."""

    keep_s: float = 0.0
    keep_least_s: float = 0.0
    keep_free_bytes: int = 0
    trash_s: float = 30.0 * DAY_S


@dataclass(frozen=True, slots=True)
class Stored:
    """A recording, and what of it is on this disk. `undelivered`: some destination has not confirmed its copy. `loose`:
    there are files of it that go to no destination, as parts that could not be joined: those only a person throws away.
    """

    recording: Recording
    size_bytes: int
    undelivered: bool = False
    loose: bool = False

    @property
    def since_s(self) -> float:
        """From when its keeping counts, in unix seconds: it is whole and everywhere, or it failed."""
        one = self.recording
        return max(one.asked_at, one.ended_at or 0.0, one.published_at or 0.0)


class Deed(StrEnum):
    TRASH = "trash"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Step:
    deed: Deed
    recording: Recording
    why: str  # a clause
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`short_bytes`: what will still be missing of the free space to hold, with nothing left that may go."""

    steps: tuple[Step, ...] = ()
    short_bytes: int = 0


def why_kept(stored: Stored) -> str:
    """Empty when it may go at all, whoever asks; else why not, as a sentence."""
    one = stored.recording
    if not one.is_over:
        return "It is not over: its file is still being made, or on its way."
    if one.given_up:
        return "Its parts could not be finished yet; the next start of the service tries again."
    if one.held:
        return "It is held back until its room is closed."
    if stored.undelivered or (one.published_at is None and one.path is not None):
        return "Not every destination has confirmed its copy."
    return ""


def plan(stored: Iterable[Stored], rules: Rules, *, now_s: float, free_bytes: int) -> Plan:
    """The oldest first. What makes room when space is short: first what has been in the trash longest goes before its
    grace is over; when that is not enough, the oldest recordings go into the trash, and from there at the next sweep
    but LEAST_IN_TRASH_S later."""
    free_to_go = sorted(
        (one for one in stored if not why_kept(one) and now_s - one.since_s >= rules.keep_least_s),
        key=lambda one: (one.since_s, one.recording.id),
    )
    trashed = sorted(
        (one for one in free_to_go if one.recording.trashed_at is not None),
        key=lambda one: one.recording.trashed_at or 0.0,
    )
    removed = [_step(Deed.REMOVE, one, _grace(rules)) for one in trashed if _age_s(one, now_s) >= rules.trash_s]
    left = [one for one in trashed if _age_s(one, now_s) < rules.trash_s]
    kept = [one for one in free_to_go if one.recording.trashed_at is None and not one.loose]
    old = [one for one in kept if rules.keep_s and now_s - one.since_s >= rules.keep_s]
    thrown = [_step(Deed.TRASH, one, f"kept for {_days(rules.keep_s)}") for one in old]
    missing = rules.keep_free_bytes - free_bytes - _sum(removed) if rules.keep_free_bytes else 0
    return _making_room(removed, thrown, left, kept[len(old) :], missing=missing, now_s=now_s)


def _making_room(
    removed: list[Step],
    thrown: list[Step],
    left: Sequence[Stored],
    kept: Sequence[Stored],
    *,
    missing: int,
    now_s: float,
) -> Plan:
    """`left` in the trash and `kept` outside it are in the order in which they go."""
    why = "less is free than is to be held"
    stay = []
    for one in left:
        if missing > 0 and _age_s(one, now_s) >= LEAST_IN_TRASH_S:
            removed.append(_step(Deed.REMOVE, one, why))
            missing -= one.size_bytes
        else:
            stay.append(one)
    missing -= _sum(thrown) + sum(one.size_bytes for one in stay)  # these go next
    for one in kept:
        if missing <= 0:
            break
        thrown.append(_step(Deed.TRASH, one, why))
        missing -= one.size_bytes
    return Plan((*removed, *thrown), max(0, missing))


def _step(deed: Deed, stored: Stored, why: str) -> Step:
    return Step(deed, stored.recording, why, stored.size_bytes)


def _sum(steps: Iterable[Step]) -> int:
    return sum(step.size_bytes for step in steps)


def _age_s(stored: Stored, now_s: float) -> float:
    """In the trash."""
    return now_s - (stored.recording.trashed_at or now_s)


def _grace(rules: Rules) -> str:
    return f"in the trash for {_days(rules.trash_s)}"


def _days(seconds: float) -> str:
    days = round(seconds / DAY_S, 1)
    return "1 day" if days == 1 else f"{days:g} days"
