"""Whether a finished recording is nobody's to see yet: that of a live broadcast, until its room is closed (design,
section 6). Rules on values, with the time as an argument."""

from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.lifecycle import EndReason
from signaling.model import RoomKind

# A recording that ended so was the last one of what its room was then.
ROOM_ENDED = frozenset({EndReason.ROOM_CLOSED, EndReason.ROOM_TIMEOUT})


def held_until(
    recording: Recording, room: RoomEntry | None, parent: RoomEntry | None, *, timeout_s: float
) -> float | None:
    """Until when it is held at the latest, in unix seconds: the room's time-out. None: it is not held.

    `room` and `parent` as they are now; a breakout goes as its parent does. `timeout_s` is what counts where the room
    says nothing. What was asked for before the room's last closing belongs to what was closed, whatever is recorded
    there now; without a word about the room it is held for as long as a room can last."""
    is_breakout = recording.room_kind is RoomKind.BREAKOUT
    counts = parent if is_breakout else room
    kind = recording.room_kind if not is_breakout else parent.kind if parent is not None else None
    if kind is not RoomKind.BROADCAST:
        return None
    if not is_breakout and recording.end_reason in ROOM_ENDED:
        return None
    if counts is None:
        return recording.asked_at + timeout_s
    if counts.closed_at is not None and counts.closed_at >= recording.asked_at:
        return None
    opened_at = recording.asked_at if counts.opened_at is None else min(counts.opened_at, recording.asked_at)
    return opened_at + (timeout_s if counts.timeout_s is None else counts.timeout_s)


def is_held(
    recording: Recording, room: RoomEntry | None, parent: RoomEntry | None, *, timeout_s: float, now_s: float
) -> bool:
    until_s = held_until(recording, room, parent, timeout_s=timeout_s)
    return until_s is not None and now_s < until_s
