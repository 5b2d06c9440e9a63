"""When a live broadcast's recording is nobody's to see, and when it becomes everybody's."""

from dataclasses import replace

import pytest

from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.holding import held_until, is_held
from bot.lifecycle import EndReason, State
from signaling.model import RoomKind

HOUR_S = 3600.0
NOON_S = 1_790_000_000.0
USUAL_S = 72 * HOUR_S
ROOM = RoomEntry("live", "roomreel+ws://h/rooms/r", kind=RoomKind.BROADCAST)
BREAKOUT = RoomEntry("b", "roomreel+ws://h/rooms/b", kind=RoomKind.BREAKOUT, parent="live")


def recording(kind: RoomKind = RoomKind.BROADCAST, end_reason: EndReason = EndReason.STOPPED) -> Recording:
    return Recording(
        id="x", room="b" if kind is RoomKind.BREAKOUT else "live", room_title="", room_kind=kind,
        parent="live" if kind is RoomKind.BREAKOUT else None, title="", state=State.UPLOADING, asked_at=NOON_S,
        started_by="ann", owner="ann", folder="", end_reason=end_reason,
    )  # fmt: skip


def held(one: Recording, room: RoomEntry | None, parent: RoomEntry | None = None, *, after_s: float = HOUR_S) -> bool:
    return is_held(one, room, parent, timeout_s=USUAL_S, now_s=NOON_S + after_s)


@pytest.mark.parametrize("kind", [RoomKind.CHANNEL, RoomKind.GALLERY, RoomKind.SINGLE])
def test_no_other_kind_of_room_holds_anything_back(kind: RoomKind) -> None:
    """Open or not."""
    assert not held(recording(kind), replace(ROOM, kind=kind))
    assert not held(recording(kind), None)


def test_until_the_room_is_closed() -> None:
    """Stopped by hand, or because nobody was there: the room goes on. Closed: it does not."""
    for reason in EndReason:
        closed = reason in {EndReason.ROOM_CLOSED, EndReason.ROOM_TIMEOUT}
        assert held(recording(end_reason=reason), ROOM) is not closed, reason
    assert not held(recording(), replace(ROOM, closed_at=NOON_S + 1))


def test_a_start_in_a_closed_room_opens_it_again() -> None:
    """What was made before the closing stays free, what is made after it is held."""
    room = replace(ROOM, closed_at=NOON_S + 60)
    assert not held(recording(), room)
    assert held(replace(recording(), asked_at=NOON_S + 120), room)


@pytest.mark.parametrize(
    ("opened_s", "timeout_s", "ends_s"),
    [
        (None, None, USUAL_S),
        (-HOUR_S, None, USUAL_S - HOUR_S),
        (-HOUR_S, 2 * HOUR_S, HOUR_S),
        (HOUR_S, None, USUAL_S),  # told of anew, opened later than it was recorded: it is not held the longer for it
    ],
)
def test_no_longer_than_the_room_can_last(opened_s: float | None, timeout_s: float | None, ends_s: float) -> None:
    """A room that nobody ever closes ends by its time-out."""
    opened_at = None if opened_s is None else NOON_S + opened_s
    room = replace(ROOM, opened_at=opened_at, timeout_s=timeout_s)
    assert held_until(recording(), room, None, timeout_s=USUAL_S) == NOON_S + ends_s
    assert held(recording(), room, after_s=ends_s - 1)
    assert not held(recording(), room, after_s=ends_s)


def test_a_room_that_nobody_knows_holds_nothing_for_ever() -> None:
    """Also after the catalogue was lost."""
    assert held(recording(), None)
    assert not held(recording(), None, after_s=USUAL_S)


def test_a_breakout_goes_as_its_parent() -> None:
    """Closing the breakout alone is not the end of the broadcast."""
    of_breakout = recording(RoomKind.BREAKOUT)
    assert held(of_breakout, BREAKOUT, ROOM)
    assert held(recording(RoomKind.BREAKOUT, EndReason.ROOM_CLOSED), replace(BREAKOUT, closed_at=NOON_S + 1), ROOM)
    assert not held(of_breakout, BREAKOUT, replace(ROOM, closed_at=NOON_S + 1))
    assert not held(of_breakout, BREAKOUT, replace(ROOM, kind=RoomKind.CHANNEL))
    assert not held(of_breakout, BREAKOUT, None)
