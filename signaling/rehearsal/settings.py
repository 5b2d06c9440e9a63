"""How a generated room behaves towards bots, apart from what its plan says."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from signaling.model import RoomKind
from signaling.rehearsal.mishap import Mishaps
from signaling.rehearsal.sections import Offered


class Connections(StrEnum):
    """How many peer connections a bot gets."""

    PER_PARTICIPANT = "per_participant"
    PER_PUBLICATION = "per_publication"
    ONE = "one"


@dataclass(frozen=True, slots=True)
class RehearsalSettings:
    host: str = "127.0.0.1"
    port: int = 0  # of the WebSocket; 0: any that is free
    room: str = "rehearsal"
    kind: RoomKind = RoomKind.SINGLE
    parent: str | None = None
    token: str = field(default="", repr=False)  # empty: none is asked for
    connections: Connections = Connections.PER_PARTICIPANT
    reuse_sections: bool = True  # an m-line that fell free is used again, with a new SSRC
    offered: Offered = field(default_factory=Offered)
    starts_with_first_bot: bool = True  # room time begins when the first bot joins; else when the room opens
    mishaps: Mishaps | None = None  # a relay between bot and room that loses and delays packets
    clips: Path | None = None  # where encoded media are kept; None: the user's cache
