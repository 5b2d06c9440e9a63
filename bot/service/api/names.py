"""Shapes that several routes share."""

from bot.configuration import LAYOUTS
from bot.lifecycle import State
from bot.service.api.shape import Flag, ListOf, Moment, Number, Object, OneOf, Shape, Text
from signaling.model import RoomKind

DAY_S = 24 * 3600

ROOM_ID = Text(200)
RECORDING_ID = Text(100, pattern=r"[A-Za-z0-9][A-Za-z0-9._-]*", about="a recording's id")
IDENTITY = Text(200)
TITLE = Text(500, empty=True)
PATH_SHAPES = {"room": ROOM_ID, "recording": RECORDING_ID}

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
}
ROOM_BODY = Object({"url": ROOM_FIELDS["url"]}, {name: shape for name, shape in ROOM_FIELDS.items() if name != "url"})
START_BODY = Object({"room": Object({"id": ROOM_ID}, ROOM_FIELDS)}, {"title": TITLE, "layout": LAYOUT})
LAYOUT_BODY = Object({"layout": LAYOUT})
LINK_BODY = Object({"what": OneOf(("file", "poster"))})
HOST_BODY = Object({"present": Flag()}, {"identity": IDENTITY})
TICKET = Text(4096)
