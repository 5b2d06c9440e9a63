"""The words for what is in a room. Values only: an adapter makes new ones when something changes."""

from dataclasses import dataclass, field
from enum import StrEnum


class TrackKind(StrEnum):
    AUDIO = "audio"
    VIDEO = "video"


class TrackSource(StrEnum):
    CAMERA = "camera"
    MICROPHONE = "microphone"
    SCREEN_SHARE = "screen_share"
    SCREEN_SHARE_AUDIO = "screen_share_audio"
    FILE = "file"


class Role(StrEnum):
    HOST = "host"
    MODERATOR = "moderator"
    PARTICIPANT = "participant"


class RoomKind(StrEnum):
    CHANNEL = "channel"
    GALLERY = "gallery"
    SINGLE = "single"
    BREAKOUT = "breakout"
    BROADCAST = "broadcast"


@dataclass(frozen=True, slots=True)
class Room:
    id: str
    title: str
    kind: RoomKind = RoomKind.SINGLE
    parent: str | None = None  # a breakout's parent room


@dataclass(frozen=True, slots=True)
class Participant:
    """`identity` is stable: who reconnects under a new connection keeps it."""

    identity: str
    display_name: str
    role: Role = Role.PARTICIPANT
    mobile: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """One track of a publication. `id` is unique within one recording, never used again."""

    id: str
    publication: str
    participant: str
    kind: TrackKind
    source: TrackSource
    stage: bool
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """What is asked of the SFU for one video track. None in place of a Layer: no video wanted at all."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class RoomState:
    """What an adapter knows at the moment of joining."""

    room: Room
    participants: tuple[Participant, ...] = ()
    tracks: tuple[Track, ...] = field(default=())
