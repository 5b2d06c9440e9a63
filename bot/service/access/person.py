"""Who a token says is asking."""

from dataclasses import dataclass, field
from enum import StrEnum


class PersonRole(StrEnum):
    """A role in one room; or SERVICE: the conferencing server itself, which is in no room and may do everything."""

    SERVICE = "service"
    HOST = "host"
    MODERATOR = "moderator"
    PARTICIPANT = "participant"


class Right(StrEnum):
    """What a participant can be given beyond the role."""

    RECORD = "record"


class Device(StrEnum):
    DESKTOP = "desktop"
    MOBILE = "mobile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What a valid token carries. `room` is None for the service alone."""

    identity: str
    role: PersonRole
    name: str = ""
    room: str | None = None
    rights: frozenset[Right] = field(default_factory=frozenset)
    device: Device = Device.DESKTOP
    expires_at: int = 0  # unix seconds
