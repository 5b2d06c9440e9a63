"""What happens in a room while the bot is in it."""

from dataclasses import dataclass
from enum import StrEnum

from signaling.model import Participant, Room, Track


@dataclass(frozen=True, slots=True)
class RoomChanged:
    room: Room


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
class TrackPublished:
    track: Track


@dataclass(frozen=True, slots=True)
class TrackChanged:
    """Muted, unmuted, or on or off the stage."""

    track: Track


@dataclass(frozen=True, slots=True)
class TrackUnpublished:
    track_id: str


class EndCause(StrEnum):
    CLOSED = "closed"  # the room is over: the recording ends
    TIMED_OUT = "timed_out"  # the room reached its own limit: the recording ends
    REMOVED = "removed"  # the server sent the bot away: the recording ends


@dataclass(frozen=True, slots=True)
class RoomEnded:
    cause: EndCause


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The way to the server is gone: every track is gone with it. The session joins again with a new client."""

    reason: str


RoomEvent = (
    RoomChanged
    | ParticipantJoined
    | ParticipantChanged
    | ParticipantLeft
    | TrackPublished
    | TrackChanged
    | TrackUnpublished
    | RoomEnded
    | ConnectionLost
)
