"""A recording in the words of a media entry. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import PurePath
from typing import Any

from bot.library.destinations.destination import Finished
from signaling.model import RoomKind

ADMIN_TAG = "kalturameeting"
VIDEO = 1
MOST_NAME = 255
MOST_DESCRIPTION = 4000


class EntryState(IntEnum):
    """Of a media entry. Those that are not named here are not known to mean harm."""

    ERROR_IMPORTING = -2
    ERROR_CONVERTING = -1
    IMPORTING = 0
    CONVERTING = 1
    READY = 2
    DELETED = 3
    PENDING = 4
    MODERATED = 5
    BLOCKED = 6
    NO_CONTENT = 7


# A search shows entries that are ready unless it names states and moderation: all of them but deleted.
SEARCHED_STATES = ",".join(str(int(state)) for state in EntryState if state is not EntryState.DELETED)
SEARCHED_MODERATION = "1,2,3,5,6"

_PROBLEMS: Mapping[int, str] = {
    EntryState.ERROR_IMPORTING: "could not be imported at Kaltura; have it looked at there.",
    EntryState.ERROR_CONVERTING: "could not be converted at Kaltura; have it converted again there.",
    EntryState.DELETED: "was deleted at Kaltura.",
    EntryState.NO_CONTENT: "has no content at Kaltura.",
}


def fields(finished: Finished) -> dict[str, str]:
    """What changes with the recording and its owner."""
    breakout = finished.recording.room_kind is RoomKind.BREAKOUT
    told = {
        "name": PurePath(finished.name).stem[:MOST_NAME],
        "description": description(finished)[:MOST_DESCRIPTION],
        "tags": "recording,breakout" if breakout else "recording",
        "entitledUsersEdit": _identities(finished.editors, finished.owner),
    }
    return told | ({"userId": finished.owner} if finished.owner else {})


def _identities(editors: Iterable[str], owner: str) -> str:
    """The API's list has commas between them and no way to write one: who has one in the id cannot be named."""
    return ",".join(dict.fromkeys(one for one in editors if one and one != owner and "," not in one))


def description(finished: Finished) -> str:
    """When and where; and the chapters, a line each, as players of many kinds read them."""
    recording = finished.recording
    room = recording.room_title or recording.title
    began = recording.recording_since if recording.recording_since is not None else recording.asked_at
    moment = datetime.fromtimestamp(began, UTC)
    head = (
        f"Recorded in {room} on {moment:%Y-%m-%d} at {moment:%H:%M} UTC." if room else f"Recorded on {moment:%c} UTC."
    )
    lines = [f"{_clock(start_s)} {words}" for start_s, words in recording.chapters]
    return "\n".join([head, *([""] if lines else []), *lines])


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest:02}"


def new_entry(finished: Finished) -> dict[str, Any]:
    """No `categories` (refused where a privacy context is set) and no parent entry (refused beside categories): those
    are requests of their own."""
    return {
        "objectType": "KalturaMediaEntry",
        "mediaType": VIDEO,
        "referenceId": finished.recording.id,
        "adminTags": ADMIN_TAG,
        **fields(finished),
    }


def state_problem(state: int) -> str:
    """How a sentence about the entry goes on; empty when nothing is wrong."""
    return _PROBLEMS.get(state, "")


def size_problem(assets: Sequence[Mapping[str, Any]], size: int) -> str:
    """The same, by the file that the entry was made of. Kaltura tells its size in bytes or only in KB, and not before
    it has looked at it; a partner may have originals thrown away: what it does not tell cannot be wrong."""
    for asset in assets:
        if not asset.get("isOriginal"):
            continue
        exact = int(float(asset.get("sizeInBytes") or 0))
        rough = int(float(asset.get("size") or 0)) << 10
        if (exact and exact != size) or (not exact and rough and abs(rough - size) > 1 << 10):
            return f"has {exact or rough} bytes at Kaltura; its file has {size}."
    return ""
