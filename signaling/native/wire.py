"""Reads and writes the messages of the native protocol: strict, with a limit on everything."""

import json
from typing import Any

from signaling.errors import ProtocolError
from signaling.event import EndCause
from signaling.model import Layer, Participant, Role, Room, RoomKind, TrackKind, TrackSource
from signaling.native import message as m
from signaling.native.shape import (
    EXTENSION,
    Check,
    flag,
    list_of,
    number,
    one_of,
    optional,
    plain,
    record,
    table_of,
    text,
)
from signaling.peer.settings import IceServer

MESSAGE_BYTES = 1 << 20  # of UTF-8; larger messages end the connection

_ID = text(256, empty=False)
_TITLE = text(1_000)
_TEXT = text(4_000, lines=True)
_SDP = text(512 << 10, empty=False, lines=True)
_PIXELS = number(1, 16_384)

_ROOM = record(Room, id=_ID, title=_TITLE, kind=one_of(RoomKind), parent=optional(_ID))
_PARTICIPANT = record(Participant, identity=_ID, display_name=_TITLE, role=one_of(Role), mobile=flag)
_LAYER = record(Layer, width=_PIXELS, height=_PIXELS)
_TRACK = record(
    m.PublishedTrack,
    id=_ID, kind=one_of(TrackKind), source=one_of(TrackSource), stage=flag, muted=flag, layers=list_of(_LAYER, 16),
)  # fmt: skip
_PUBLICATION = record(m.Publication, id=_ID, participant=_ID, tracks=list_of(_TRACK, 16))
_ICE_SERVER = record(IceServer, urls=list_of(text(1_000, empty=False), 8), username=text(1_000), credential=text(4_000))

_VERSION = number(1, 1_000)

_CHECKS: dict[str, Check] = {
    "join": record(
        m.Join,
        version=_VERSION, recording=_ID, part=number(1, 1_000_000), client=_TITLE, hidden=flag, token=text(16_384),
    ),
    "joined": record(
        m.Joined,
        version=_VERSION, room=_ROOM, participants=list_of(_PARTICIPANT, 5_000),
        publications=list_of(_PUBLICATION, 2_000), ice_servers=list_of(_ICE_SERVER, 8),
    ),
    "refused": record(m.Refused, code=one_of(m.RefusalCode), text=_TEXT),
    "room_changed": record(m.RoomChanged, room=_ROOM),
    "room_closed": record(m.RoomClosed, cause=one_of(EndCause)),
    "participant_joined": record(m.ParticipantJoined, participant=_PARTICIPANT),
    "participant_changed": record(m.ParticipantChanged, participant=_PARTICIPANT),
    "participant_left": record(m.ParticipantLeft, identity=_ID),
    "published": record(m.Published, publication=_PUBLICATION),
    "changed": record(m.Changed, publication=_PUBLICATION),
    "unpublished": record(m.Unpublished, publication=_ID),
    "offer": record(m.Offer, connection=_ID, sdp=_SDP, tracks=table_of(text(64, empty=False), _ID, 1_000)),
    "answer": record(m.Answer, connection=_ID, sdp=_SDP),
    "candidate": record(m.Candidate, connection=_ID, candidate=optional(text(1_000)), mid=optional(text(64))),
    "close_connection": record(m.CloseConnection, connection=_ID),
    "restart": record(m.Restart, connection=_ID),
    "offer_failed": record(m.OfferFailed, connection=_ID, text=_TEXT),
    "layer": record(m.LayerWanted, track=_ID, size=optional(_LAYER)),
    "notice": record(m.NoticeGiven, code=_ID, audience=_ID, text=_TEXT),
    "leave": record(m.Leave),
}  # fmt: skip
_NAMES: dict[type[Any], str] = {
    m.Join: "join",
    m.Joined: "joined",
    m.Refused: "refused",
    m.RoomChanged: "room_changed",
    m.RoomClosed: "room_closed",
    m.ParticipantJoined: "participant_joined",
    m.ParticipantChanged: "participant_changed",
    m.ParticipantLeft: "participant_left",
    m.Published: "published",
    m.Changed: "changed",
    m.Unpublished: "unpublished",
    m.Offer: "offer",
    m.Answer: "answer",
    m.Candidate: "candidate",
    m.CloseConnection: "close_connection",
    m.Restart: "restart",
    m.OfferFailed: "offer_failed",
    m.LayerWanted: "layer",
    m.NoticeGiven: "notice",
    m.Leave: "leave",
}

MESSAGE_NAMES = tuple(_CHECKS)


def parse(line: str | bytes) -> m.Message | None:
    """One message; None for an extension (a type that begins with "x-"). Raises ProtocolError for everything else that
    is not exactly a message of this version."""
    if (len(line) if isinstance(line, bytes) else len(line.encode("utf-8", "surrogatepass"))) > MESSAGE_BYTES:
        raise ProtocolError(f"A message is larger than {MESSAGE_BYTES} bytes.")
    try:
        value = json.loads(line, object_pairs_hook=_object, parse_constant=_not_a_number)
    except ProtocolError:
        raise
    except RecursionError:
        raise ProtocolError("A message is nested too deeply.") from None
    except ValueError:
        raise ProtocolError("A message is not JSON.") from None
    if not isinstance(value, dict):
        raise ProtocolError("A message must be a JSON object.")
    name = value.pop("type", None)
    if not isinstance(name, str):
        raise ProtocolError('A message needs a "type", a text.')
    if name.startswith(EXTENSION):
        return None
    if name not in _CHECKS:
        raise ProtocolError(f"This version knows no message of the type {name[:40]!r}.")
    message: m.Message = _CHECKS[name](value, name)
    return message


def serialise(message: m.Message) -> str:
    return json.dumps({"type": _NAMES[type(message)], **plain(message)}, ensure_ascii=False, separators=(",", ":"))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ProtocolError("A message has the same key twice in one object.")
    return value


def _not_a_number(name: str) -> None:
    raise ProtocolError(f"A message holds {name}, which is not JSON.")
