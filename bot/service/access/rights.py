"""The rules of who may do what (design, section 6), as one table and pure functions on values."""

from dataclasses import dataclass
from enum import StrEnum

from bot.service.access.person import Device, Person, PersonRole, Right


class Act(StrEnum):
    START = "start"
    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"
    LAYOUT = "layout"
    CLOSE_ROOM = "close_room"
    TELL_HOST = "tell_host"
    BREAKOUTS = "breakouts"
    SEE_ROOM = "see_room"
    SEE_COUNTER = "see_counter"  # a running recording whole: time, figures, who started it
    SEE_PICTURE = "see_picture"  # of right now, and a running recording's file
    SEE_RECORDINGS = "see_recordings"  # finished ones in the room's folder `Recordings`
    SEE_BREAKOUTS = "see_breakouts"  # breakout rooms, and the folder `Breakout room recordings`
    SEE_REPORT = "see_report"  # what names people: the certificate, who spoke when
    SHARE = "share"  # links that last longer than the usual ones, and their end
    HAND_OVER = "hand_over"  # a recording to another owner
    REMOVE = "remove"  # into the trash, and out of it
    DEFINE_ROOM = "define_room"
    METRICS = "metrics"


class Standing(StrEnum):
    """What a person is to a room."""

    SERVICE = "service"
    HOST = "host"
    MODERATOR = "moderator"
    RECORDER = "recorder"  # a participant with the right to record
    PARTICIPANT = "participant"
    PARENT_MODERATOR = "parent_moderator"  # moderator or host of the room that this breakout belongs to
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Place:
    """A room as the rules see it: its id, and its parent's where it is a breakout."""

    room: str
    parent: str | None = None


_MODERATORS = frozenset({Standing.SERVICE, Standing.HOST, Standing.MODERATOR, Standing.PARENT_MODERATOR})
_RECORDERS = _MODERATORS | {Standing.RECORDER}
_EVERYONE = _RECORDERS | {Standing.PARTICIPANT}
_SERVICE = frozenset({Standing.SERVICE})

_WHO: dict[Act, frozenset[Standing]] = {
    Act.START: _RECORDERS,
    Act.STOP: _RECORDERS,
    Act.PAUSE: _RECORDERS,
    Act.RESUME: _RECORDERS,
    Act.LAYOUT: _MODERATORS,
    Act.CLOSE_ROOM: frozenset({Standing.SERVICE, Standing.HOST}),
    Act.TELL_HOST: _SERVICE,
    Act.BREAKOUTS: _MODERATORS,
    Act.SEE_ROOM: _EVERYONE,
    Act.SEE_COUNTER: _RECORDERS,
    Act.SEE_PICTURE: _RECORDERS,
    Act.SEE_RECORDINGS: _EVERYONE,
    Act.SEE_BREAKOUTS: _MODERATORS,
    Act.SEE_REPORT: _MODERATORS,
    Act.SHARE: _MODERATORS,
    Act.HAND_OVER: _SERVICE,
    Act.REMOVE: _SERVICE,
    Act.DEFINE_ROOM: _SERVICE,
    Act.METRICS: _SERVICE,
}
# Of a finished recording that is one's own, whatever one is to its room today, and whatever the token's room.
_OWNERS = frozenset({Act.SEE_RECORDINGS, Act.SEE_BREAKOUTS, Act.SEE_REPORT, Act.SHARE, Act.HAND_OVER, Act.REMOVE})
# Of its owner alone, and not of those who own the room with them.
ALONE = frozenset({Act.HAND_OVER, Act.REMOVE})
# Never from a mobile device, not even the host; watching and sharing are nobody's loss.
_NOT_MOBILE = frozenset(
    {Act.START, Act.STOP, Act.PAUSE, Act.RESUME, Act.LAYOUT, Act.CLOSE_ROOM, Act.BREAKOUTS, Act.HAND_OVER, Act.REMOVE}
)

_DEEDS = {
    Act.START: "start recordings",
    Act.STOP: "stop recordings",
    Act.PAUSE: "pause recordings",
    Act.RESUME: "resume recordings",
    Act.LAYOUT: "change the layout",
    Act.CLOSE_ROOM: "close the room",
    Act.TELL_HOST: "tell whether the host is there",
    Act.BREAKOUTS: "record the breakout rooms",
    Act.SEE_ROOM: "see this room",
    Act.SEE_COUNTER: "see the figures of a running recording",
    Act.SEE_PICTURE: "see a recording while it is made",
    Act.SEE_RECORDINGS: "see recordings",
    Act.SEE_BREAKOUTS: "see the breakout rooms' recordings",
    Act.SEE_REPORT: "see what a recording says of the people in it",
    Act.SHARE: "share recordings for longer than ten minutes",
    Act.HAND_OVER: "give recordings to another owner",
    Act.REMOVE: "throw recordings away",
    Act.DEFINE_ROOM: "say what a room is",
    Act.METRICS: "read the metrics",
}
_NAMES = {
    Standing.SERVICE: "the conferencing server",
    Standing.HOST: "the host",
    Standing.MODERATOR: "moderators",
    Standing.RECORDER: "participants with the right to record",
    Standing.PARTICIPANT: "participants",
}


def standing(person: Person, place: Place) -> Standing:
    """A token for one room opens no other, but a breakout is open to its parent room's host and moderators."""
    if person.role is PersonRole.SERVICE:
        return Standing.SERVICE
    if person.room == place.room:
        if person.role is PersonRole.PARTICIPANT and Right.RECORD in person.rights:
            return Standing.RECORDER
        return Standing(person.role.value)
    if place.parent is not None and person.room == place.parent and person.role is not PersonRole.PARTICIPANT:
        return Standing.PARENT_MODERATOR
    return Standing.NONE


def may(person: Person, act: Act, place: Place, *, owns: bool = False) -> bool:
    """`owns`: it is about a finished recording that is this person's own."""
    if act in _NOT_MOBILE and person.device is Device.MOBILE:
        return False
    return standing(person, place) in _WHO[act] or (owns and act in _OWNERS)


def refusal(person: Person, act: Act, place: Place, *, owns: bool = False) -> str:
    """The sentence for someone who may not."""
    if standing(person, place) is Standing.NONE and not owns:
        return "Your token is for another room; ask the conferencing server for one for this room."
    if act in _NOT_MOBILE and person.device is Device.MOBILE:
        return f"Nobody can {_DEEDS[act]} from a mobile device; use a computer."
    names = [name for known, name in _NAMES.items() if known in _WHO[act]]
    names += ["its owner"] if act in _OWNERS - {Act.SEE_RECORDINGS, Act.SEE_BREAKOUTS} else []
    who = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"Only {who} can {_DEEDS[act]} here."


def permissions(person: Person) -> dict[str, bool]:
    """What a person may do in its own room: what a page shows or hides follows from this alone."""
    place = Place(person.room or "")
    return {act.value: may(person, act, place) for act in Act}
