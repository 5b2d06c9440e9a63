"""Where a room's finished recordings go, and whose they are: the design's table, and names that are safe for any id."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bot.library.catalogue.room_entry import RoomEntry
from signaling.model import RoomKind

MEDIA = "media"
RECORDINGS = "recordings"
_MOST_BYTES = 120
_HEAD_BYTES = 60


@dataclass(frozen=True, slots=True)
class Place:
    """`folder` is its name in a room's Media and Files."""

    folder: str
    moderators_only: bool = False


EVERYBODY = Place("Recordings")
BREAKOUTS = Place("Breakout room recordings", moderators_only=True)

# What differs by the kind of room.
PLACES: dict[RoomKind, Place] = {
    RoomKind.CHANNEL: EVERYBODY,
    RoomKind.GALLERY: EVERYBODY,
    RoomKind.SINGLE: EVERYBODY,
    RoomKind.BROADCAST: EVERYBODY,
    RoomKind.BREAKOUT: BREAKOUTS,
}


def safe_name(room_id: str) -> str:
    """One name in a folder for any id, another one for each: never empty, no path, at most _MOST_BYTES long."""
    encoded = quote(room_id.encode("utf-8", "surrogatepass"), safe="").replace("~", "%7E")
    if encoded.startswith("."):  # hidden, or a way out
        encoded = "%2E" + encoded[1:]
    if not encoded:
        return "~"
    if len(encoded) <= _MOST_BYTES:
        return encoded
    # `~` is in no encoded name, so no id can be chosen to land here.
    digest = hashlib.sha256(room_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{encoded[:_HEAD_BYTES]}~{digest[:40]}"


def media_folder(library: Path, room: RoomEntry) -> Path:
    """Where its finished files go; a breakout's are with its parent's."""
    owner_room = room.parent if room.kind is RoomKind.BREAKOUT and room.parent is not None else room.id
    return library / MEDIA / safe_name(owner_room) / PLACES[room.kind].folder


def work_folder(library: Path, recording_id: str) -> Path:
    """Where a recording grows."""
    return library / RECORDINGS / recording_id


def owner_of(room: RoomEntry, parent: RoomEntry | None, started_by: str) -> str:
    """Whose recording it is: the owner of the room, a breakout's that of its parent room; where nobody is named, who
    started it."""
    owners = _owners(room, parent)
    return owners[0] if owners else started_by


def editors_of(room: RoomEntry | None, parent: RoomEntry | None, owner: str) -> tuple[str, ...]:
    """Who owns it together with `owner`: the other owners of the room, a breakout's those of its parent room. Whoever
    was the room's first owner and gave the recording away is none. `room` None: nobody knows of it any more."""
    owners = () if room is None else _owners(room, parent)
    return tuple(one for one in dict.fromkeys(owners[1:]) if one not in {owner, owners[0]})


def _owners(room: RoomEntry, parent: RoomEntry | None) -> tuple[str, ...]:
    source = parent if room.kind is RoomKind.BREAKOUT and parent is not None and parent.owners else room
    return source.owners
