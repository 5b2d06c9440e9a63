"""Where a recording is published at Kaltura beside its owner's My Media: the design's table. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.library.catalogue.room_entry import RoomEntry
from signaling.model import RoomKind

# Whether recordings of such a room go into the categories it was told with: its channel, its gallery.
_SHARED: Mapping[RoomKind, bool] = {
    RoomKind.CHANNEL: True,
    RoomKind.GALLERY: True,
    RoomKind.SINGLE: False,
    RoomKind.BREAKOUT: True,  # without its parent nobody knows better
    RoomKind.BROADCAST: True,
}


@dataclass(frozen=True, slots=True)
class Placement:
    """`categories`: ids of channels and galleries. `room`: the room's own entry at Kaltura."""

    categories: tuple[str, ...] = ()
    room: str | None = None


def placement(room: RoomEntry | None, parent: RoomEntry | None) -> Placement:
    """A breakout's recording goes where its parent room's would; it is linked to the breakout's own entry where that
    has one, else to its parent's."""
    if room is None:
        return Placement()
    host = parent if room.kind is RoomKind.BREAKOUT and parent is not None else room
    categories = tuple(dict.fromkeys(host.categories)) if _SHARED[host.kind] else ()
    return Placement(categories, room.media_entry or host.media_entry)
