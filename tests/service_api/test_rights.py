"""Who may do what: the design's rules, each standing against each act."""

import pytest

from bot.library.catalogue.recording import Recording
from bot.lifecycle import State
from bot.service.access.person import Device, Person, PersonRole, Right
from bot.service.access.rights import Act, Place, may, permissions, refusal
from bot.service.access.sight import Sight, news_sight, sight
from signaling.model import RoomKind

CONTROLS = {Act.START, Act.STOP, Act.PAUSE, Act.RESUME}
WATCHES = {Act.SEE_ROOM, Act.SEE_RECORDINGS}
INSIGHTS = {Act.SEE_COUNTER, Act.SEE_PICTURE}
MODERATES = {Act.SEE_BREAKOUTS, Act.SEE_REPORT, Act.SHARE}
OURS = Place("r1")
BREAKOUT = Place("b1", parent="r1")


def person(role: str, room: str | None = "r1", *, record: bool = False, mobile: bool = False) -> Person:
    """Somebody in a room."""
    return Person(
        identity="ann",
        role=PersonRole(role),
        room=room,
        rights=frozenset({Right.RECORD}) if record else frozenset(),
        device=Device.MOBILE if mobile else Device.DESKTOP,
    )


SERVICE = person("service", None)
# What each may do in a room, and nothing else.
TABLE = [
    (SERVICE, OURS, set(Act)),
    (SERVICE, BREAKOUT, set(Act)),
    (person("host"), OURS, set(Act) - {Act.TELL_HOST, Act.DEFINE_ROOM, Act.METRICS, Act.HAND_OVER, Act.REMOVE}),
    (
        person("moderator"),
        OURS,
        CONTROLS | WATCHES | INSIGHTS | MODERATES | {Act.LAYOUT, Act.BREAKOUTS},
    ),
    (person("participant", record=True), OURS, CONTROLS | WATCHES | INSIGHTS),
    (person("participant"), OURS, WATCHES),
    (person("host", mobile=True), OURS, WATCHES | INSIGHTS | MODERATES),
    (person("moderator", mobile=True), OURS, WATCHES | INSIGHTS | MODERATES),
    (person("participant", record=True, mobile=True), OURS, WATCHES | INSIGHTS),
    # The parent's moderators reach into its breakouts; its participants do not, with or without the right.
    (
        person("moderator"),
        BREAKOUT,
        CONTROLS | WATCHES | INSIGHTS | MODERATES | {Act.LAYOUT, Act.BREAKOUTS},
    ),
    (person("participant"), BREAKOUT, set()),
    (person("participant", record=True), BREAKOUT, set()),
    # A breakout's own.
    (person("participant", "b1", record=True), BREAKOUT, CONTROLS | WATCHES | INSIGHTS),
    (person("participant", "b1"), BREAKOUT, WATCHES),
    # Nobody reaches from the breakout up, or into another room.
    (person("host", "b1"), OURS, set()),
    (person("host", "r2"), OURS, set()),
    (person("host", "r2"), BREAKOUT, set()),
]


@pytest.mark.parametrize(("who", "place", "allowed"), TABLE)
def test_what_each_may_do_and_nothing_else(who: Person, place: Place, allowed: set[Act]) -> None:
    """The whole table, act by act; and a refusal is a sentence."""
    assert {act for act in Act if may(who, act, place)} == allowed
    for act in set(Act) - allowed:
        assert refusal(who, act, place).endswith(".")


def test_a_refusal_says_why() -> None:
    """Another room, a mobile device, a role: three different sentences."""
    assert "another room" in refusal(person("host", "r2"), Act.START, OURS)
    assert "mobile device" in refusal(person("host", mobile=True), Act.STOP, OURS)
    assert "Only the conferencing server, the host, moderators and participants with the right" in refusal(
        person("participant"), Act.START, OURS
    )


def test_a_page_is_told_the_same_as_is_decided() -> None:
    """`may` of /v1/me is the table, so a console holds no rules of its own."""
    assert permissions(person("moderator")) == {act.value: may(person("moderator"), act, OURS) for act in Act}


def recording(state: State, kind: RoomKind = RoomKind.SINGLE) -> Recording:
    """One of the room, or of its breakout."""
    breakout = kind is RoomKind.BREAKOUT
    return Recording(
        id="x",
        room="b1" if breakout else "r1",
        room_title="",
        room_kind=kind,
        parent="r1" if breakout else None,
        title="",
        state=state,
        asked_at=0.0,
        started_by="ann",
        owner="olga",
        folder="",
    )


@pytest.mark.parametrize(
    ("who", "state", "kind", "seen", "heard"),
    [
        (person("participant"), State.RECORDING, RoomKind.SINGLE, Sight.STATE, Sight.STATE),
        (person("participant"), State.AVAILABLE, RoomKind.SINGLE, Sight.WATCHED, Sight.WATCHED),
        (person("moderator", mobile=True), State.RECORDING, RoomKind.SINGLE, Sight.WHOLE, Sight.WHOLE),
        (person("participant", "b1"), State.RECORDING, RoomKind.BREAKOUT, Sight.STATE, Sight.STATE),
        # The file is the moderators', but that it is over everyone there hears.
        (person("participant", "b1"), State.AVAILABLE, RoomKind.BREAKOUT, Sight.NOTHING, Sight.STATE),
        (person("participant", "b1", record=True), State.AVAILABLE, RoomKind.BREAKOUT, Sight.NOTHING, Sight.STATE),
        (person("moderator", "b1"), State.AVAILABLE, RoomKind.BREAKOUT, Sight.WHOLE, Sight.WHOLE),
        (person("moderator"), State.AVAILABLE, RoomKind.BREAKOUT, Sight.WHOLE, Sight.WHOLE),
        (person("participant"), State.AVAILABLE, RoomKind.BREAKOUT, Sight.NOTHING, Sight.NOTHING),
        (person("host", "r2"), State.RECORDING, RoomKind.SINGLE, Sight.NOTHING, Sight.NOTHING),
    ],
)
def test_how_much_of_a_recording_is_seen(who: Person, state: State, kind: RoomKind, seen: Sight, heard: Sight) -> None:
    """While it runs, when it is over, and what the events tell of it."""
    assert (sight(who, recording(state, kind)), news_sight(who, recording(state, kind))) == (seen, heard)
