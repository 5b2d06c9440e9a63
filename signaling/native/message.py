"""Every message of the native protocol, version 1, as a value. The page for people is ../README.md; `wire` reads and
writes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from signaling.event import EndCause
from signaling.model import Layer, Participant, Room, Track, TrackKind, TrackSource
from signaling.peer.settings import IceServer

VERSION = 1
SUBPROTOCOL = "roomreel.v1"


class RefusalCode(StrEnum):
    BAD_TOKEN = "bad_token"  # noqa: S105 - a code, not a token
    NO_SUCH_ROOM = "no_such_room"
    NOT_ALLOWED = "not_allowed"
    VERSION = "version"


@dataclass(frozen=True, slots=True)
class PublishedTrack:
    id: str
    kind: TrackKind
    source: TrackSource
    stage: bool = False
    muted: bool = False
    layers: tuple[Layer, ...] = ()  # what the SFU can choose from, largest first; empty: one only


@dataclass(frozen=True, slots=True)
class Publication:
    id: str
    participant: str
    tracks: tuple[PublishedTrack, ...]

    def model_tracks(self) -> tuple[Track, ...]:
        return tuple(
            Track(t.id, self.id, self.participant, t.kind, t.source, stage=t.stage, muted=t.muted) for t in self.tracks
        )


# The bot's first message, and the two answers to it.


@dataclass(frozen=True, slots=True)
class Join:
    version: int
    recording: str
    part: int
    client: str
    hidden: bool = True
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Joined:
    version: int
    room: Room
    participants: tuple[Participant, ...] = ()
    publications: tuple[Publication, ...] = ()
    ice_servers: tuple[IceServer, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    code: RefusalCode
    text: str = ""


# Server to bot: what happens in the room.


@dataclass(frozen=True, slots=True)
class RoomChanged:
    room: Room


@dataclass(frozen=True, slots=True)
class RoomClosed:
    cause: EndCause


@dataclass(frozen=True, slots=True)
class ParticipantJoined:
    participant: Participant


@dataclass(frozen=True, slots=True)
class ParticipantChanged:
    participant: Participant


@dataclass(frozen=True, slots=True)
class ParticipantLeft:
    identity: str


@dataclass(frozen=True, slots=True)
class Published:
    publication: Publication


@dataclass(frozen=True, slots=True)
class Changed:
    """The publication as it is now: muted or not, on or off the stage, with more or fewer tracks."""

    publication: Publication


@dataclass(frozen=True, slots=True)
class Unpublished:
    publication: str


# Media: one peer connection is known to both sides by the name the server gave it.


@dataclass(frozen=True, slots=True)
class Offer:
    connection: str
    sdp: str = field(repr=False)
    tracks: Mapping[str, str]  # mid -> track id; a mid that is not here carries nothing


@dataclass(frozen=True, slots=True)
class Answer:
    connection: str
    sdp: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Server to bot; the bot's own are all in its answers. Without `candidate`: there are no more."""

    connection: str
    candidate: str | None = None
    mid: str | None = None


@dataclass(frozen=True, slots=True)
class CloseConnection:
    connection: str


@dataclass(frozen=True, slots=True)
class Restart:
    """Bot to server: the connection is lost; offer it again, with new ICE credentials."""

    connection: str


@dataclass(frozen=True, slots=True)
class OfferFailed:
    """Bot to server: the last offer could not be used and the connection is as it was before."""

    connection: str
    text: str


# Bot to server: wishes.


@dataclass(frozen=True, slots=True)
class LayerWanted:
    track: str
    size: Layer | None = None  # None: nobody sees the track, no video wanted


@dataclass(frozen=True, slots=True)
class NoticeGiven:
    code: str
    audience: str
    text: str


@dataclass(frozen=True, slots=True)
class Leave:
    pass


Message = (
    Join
    | Joined
    | Refused
    | RoomChanged
    | RoomClosed
    | ParticipantJoined
    | ParticipantChanged
    | ParticipantLeft
    | Published
    | Changed
    | Unpublished
    | Offer
    | Answer
    | Candidate
    | CloseConnection
    | Restart
    | OfferFailed
    | LayerWanted
    | NoticeGiven
    | Leave
)
