"""Shapes that several routes share."""

from bot.configuration import LAYOUTS
from bot.library.places import PLACES
from bot.lifecycle import State
from bot.service.access.companion import What
from bot.service.access.tokens import LONGEST_TICKET_S
from bot.service.api.shape import Flag, ListOf, Moment, Number, Object, OneOf, Shape, Text
from signaling.model import RoomKind

DAY_S = 24 * 3600

ROOM_ID = Text(200)
RECORDING_ID = Text(100, pattern=r"[A-Za-z0-9][A-Za-z0-9._-]*", about="a recording's id")
IDENTITY = Text(200)
TITLE = Text(500, empty=True)
DESTINATION = Text(40, pattern=r"[a-z0-9][a-z0-9-]*", about="a destination's name")
COMPANION = Text(60, pattern=r"[a-z][a-z0-9-]*\.[a-z0-9]+", about="a companion's name")
PATH_SHAPES = {
    "room": ROOM_ID,
    "recording": RECORDING_ID,
    "identity": IDENTITY,
    "name": COMPANION,
    "destination": DESTINATION,
}

LAYOUT = OneOf(LAYOUTS)
STATE = OneOf(tuple(state.value for state in State))
LIMIT = Number(1, 200, whole=True)
WIDTH = Number(64, 1920, whole=True)
PART = Number(1, 9999, whole=True)
KEY = Text(200)

# What the conferencing server may say of a room.
ROOM_FIELDS: dict[str, Shape] = {
    "url": Text(2000),
    "token": Text(4096),
    "title": TITLE,
    "kind": OneOf(tuple(kind.value for kind in RoomKind)),
    "owners": ListOf(IDENTITY, 100),
    "parent": ROOM_ID,
    "hosts": ListOf(IDENTITY, 100),
    "opened_at": Moment(),
    "timeout_s": Number(1, 3 * DAY_S),
    "webhook_url": Text(2000, pattern=r"https?://[^\s/?#]+\S*", about="an http or https URL"),
    "categories": ListOf(Text(18, pattern=r"[1-9][0-9]*", about="the number of a category at Kaltura"), 32),
    "media_entry": Text(64, pattern=r"[A-Za-z0-9_]+", about="the id of the room's entry at Kaltura"),
}
ROOM_BODY = Object({"url": ROOM_FIELDS["url"]}, {name: shape for name, shape in ROOM_FIELDS.items() if name != "url"})
START_BODY = Object({"room": Object({"id": ROOM_ID}, ROOM_FIELDS)}, {"title": TITLE, "layout": LAYOUT})
LAYOUT_BODY = Object({"layout": LAYOUT})
LINK_BODY = Object(
    {"what": OneOf(tuple(what.value for what in What))}, {"expires_in_s": Number(1, LONGEST_TICKET_S, whole=True)}
)
OWNER_BODY = Object({"owner": IDENTITY})
FOLDER = OneOf(tuple(dict.fromkeys(place.folder for place in PLACES.values())))
CONFIRM_BODY = Object({"sha256": Text(64, pattern=r"[0-9a-f]{64}", about="64 hexadecimal digits, lower-case")})
HOST_BODY = Object({"present": Flag()}, {"identity": IDENTITY})
TICKET = Text(4096)
