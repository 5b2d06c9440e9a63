"""What a plan comes to: the state of the room after each action; what a recording must, may and must not show."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from signaling.model import TrackKind
from signaling.rehearsal.encoding import VideoEncoding
from signaling.rehearsal.plan import (
    Action,
    Close,
    Crash,
    Encode,
    Join,
    Leave,
    Mute,
    MuteBy,
    Plan,
    Publish,
    Reconnect,
    Restage,
    Unmute,
    Unpublish,
)
from signaling.rehearsal.rhythm import SECOND_NS

Place = tuple[str, str]  # identity, name of the publication

HOLD_NS = 2 * SECOND_NS  # how long a recording may go on showing what has stopped coming
SETTLE_NS = SECOND_NS  # how long it may take until something new is shown or heard


@dataclass(frozen=True, slots=True)
class Standing:
    """One publication now. `life` counts how often it began, so that what is new can be told from what went on."""

    present: bool  # its participant is in the room
    published: bool
    stage: bool
    video: tuple[VideoEncoding, ...]
    crashed: bool = False
    muted: tuple[tuple[TrackKind, Mute], ...] = ()
    life: int = 0

    @property
    def live(self) -> bool:
        """The room lists it."""
        return self.present and self.published

    def mute(self, kind: TrackKind) -> Mute | None:
        return dict(self.muted).get(kind)

    def sends(self, kind: TrackKind) -> bool:
        """Packets come."""
        mute = self.mute(kind)
        return self.live and not self.crashed and (mute is None or mute.by is MuteBy.BLANKING)

    def shows(self, kind: TrackKind) -> bool:
        """Marks or tones come."""
        return self.sends(kind) and self.mute(kind) is None


Standings = dict[Place, Standing]


def expand(plan: Plan) -> tuple[Action, ...]:
    """The actions with each `Reconnect` as the leave and the join it means, and a `Crash` that is noticed followed by a
    leave."""
    actions: list[Action] = []
    for action in plan.actions:
        if isinstance(action, Reconnect):
            actions += (Leave(action.at_ns, action.identity), Join(action.at_ns + action.gap_ns, action.identity))
        elif isinstance(action, Crash) and action.noticed_after_ns is not None:
            actions += (action, Leave(action.at_ns + action.noticed_after_ns, action.identity))
        else:
            actions.append(action)
    return tuple(sorted(actions, key=lambda action: action.at_ns))


def beginning(plan: Plan) -> Standings:
    joins = {action.identity for action in plan.actions if isinstance(action, Join)}
    publishes = {(action.identity, action.publication) for action in plan.actions if isinstance(action, Publish)}
    return {
        (one.identity, publication.name): Standing(
            present=one.identity not in joins,
            published=(one.identity, publication.name) not in publishes,
            stage=publication.stage,
            video=publication.video,
        )
        for one in plan.participants
        for publication in one.publications
    }


def present_at_beginning(plan: Plan) -> set[str]:
    return {one.identity for one in plan.participants} - {a.identity for a in plan.actions if isinstance(a, Join)}


def after(standings: Standings, action: Action) -> Standings:
    """The standings once `action` (one of `expand`) has happened."""
    if isinstance(action, Close):
        return {place: replace(standing, present=False) for place, standing in standings.items()}
    name = action.publication if isinstance(action, Publish | Unpublish | Mute | Unmute | Encode | Restage) else None
    return {
        place: _changed(standing, action) if place[0] == action.identity and name in {None, place[1]} else standing
        for place, standing in standings.items()
    }


def _changed(old: Standing, action: Action) -> Standing:
    change = _CHANGES.get(type(action))
    if change is None:
        raise TypeError(f"{type(action).__name__} is to be expanded first")
    return replace(old, **change(old, action))


# What each kind of action does to a publication it concerns.
_CHANGES: dict[type, Callable[[Standing, Any], dict[str, Any]]] = {
    Join: lambda old, action: {"present": True, "crashed": False, "muted": (), "life": old.life + 1},
    Leave: lambda old, action: {"present": False},
    Crash: lambda old, action: {"crashed": True},
    Publish: lambda old, action: {"published": True, "muted": (), "life": old.life + 1},
    Unpublish: lambda old, action: {"published": False},
    Mute: lambda old, action: {"muted": (*_without(old, action.kind), (action.kind, action))},
    Unmute: lambda old, action: {"muted": _without(old, action.kind)},
    Encode: lambda old, action: {"video": action.video},
    Restage: lambda old, action: {"stage": action.stage},
}


def _without(standing: Standing, kind: TrackKind) -> tuple[tuple[TrackKind, Mute], ...]:
    return tuple(entry for entry in standing.muted if entry[0] is not kind)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of room time in which a publication's marks or tones come without a change; the last may have no
    end."""

    start_ns: int
    end_ns: int | None
    stage: bool
    video: tuple[VideoEncoding, ...]


def spans(plan: Plan, identity: str, publication: str, kind: TrackKind) -> tuple[Span, ...]:
    return tuple(_spans(plan, (identity, publication), kind))


def _spans(plan: Plan, place: Place, kind: TrackKind) -> Iterator[Span]:
    if kind not in plan.publication(*place).kinds:
        return
    standings, since = beginning(plan), 0
    for action in expand(plan):
        old, standings = standings[place], after(standings, action)
        if standings[place] == old:
            continue
        if old.shows(kind) and action.at_ns > since:
            yield Span(since, action.at_ns, old.stage, old.video)
        since = action.at_ns
    if standings[place].shows(kind):
        yield Span(since, None, standings[place].stage, standings[place].video)


class Expected(StrEnum):
    REQUIRED = "required"
    OPTIONAL = "optional"  # just changed, or within the hold time
    FORBIDDEN = "forbidden"


def expected(
    plan: Plan,
    identity: str,
    publication: str,
    kind: TrackKind,
    at_ns: int,
    *,
    settle_ns: int = SETTLE_NS,
    hold_ns: int = HOLD_NS,
    joined_ns: int = 0,
) -> Expected:
    """Whether a recording that began at `joined_ns` shows or sounds this publication at room time `at_ns`.

    Required from `settle_ns` after it began to come (or after the recording began) until it stops; forbidden before it
    comes and from `hold_ns` after it stopped; optional in between.
    """
    verdict = Expected.FORBIDDEN
    for start_ns, end_ns in _stretches(spans(plan, identity, publication, kind)):
        end = end_ns if end_ns is not None else at_ns
        if max(start_ns, joined_ns) + settle_ns <= at_ns <= end:
            return Expected.REQUIRED
        if start_ns <= at_ns < end + hold_ns or (start_ns <= at_ns and end_ns is None):
            verdict = Expected.OPTIONAL
    return verdict


def _stretches(pieces: tuple[Span, ...]) -> list[tuple[int, int | None]]:
    """Spans that follow each other at once (a change of size, stage or codec), as one."""
    joined: list[tuple[int, int | None]] = []
    for piece in pieces:
        if joined and joined[-1][1] == piece.start_ns:
            joined[-1] = (joined[-1][0], piece.end_ns)
        else:
            joined.append((piece.start_ns, piece.end_ns))
    return joined
