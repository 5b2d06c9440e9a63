"""One recording's way to one destination, as the catalogue keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    FOLDER = "folder"
    S3 = "s3"
    GCS = "gcs"
    AZURE = "azure"
    KALTURA = "kaltura"
    WEBHOOK = "webhook"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    HELD = "held"  # until the room of a live broadcast is closed
    SENDING = "sending"
    CONFIRMED = "confirmed"
    WAIVED = "waived"  # somebody who runs the service does without it


# Nothing more is asked of the destination for the file.
SETTLED = frozenset({DeliveryState.CONFIRMED, DeliveryState.WAIVED})


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a destination showed for having all of it. No secrets: it is kept, and shown."""

    uri: str
    size: int  # bytes, as the destination says
    checksum: str  # "sha256:…", "crc32c:…": the one that was compared; empty where the destination has none
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """`place` is its turn among the recording's destinations. `wanted` counts what has become known since for its
    companions, `accompanied` how much of that the destination has."""

    recording: str
    name: str
    kind: Kind
    place: int = 0
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0  # in a row that failed
    due_ns: int = 0  # unix time
    problem: str = ""  # a sentence
    memory: Mapping[str, Any] = field(default_factory=dict, repr=False)
    evidence: Evidence | None = None
    confirmed_at: float | None = None  # unix seconds
    wanted: int = 0
    accompanied: int = 0

    @property
    def is_behind(self) -> bool:
        """It has the file, and not all that goes with it."""
        return self.state is DeliveryState.CONFIRMED and self.wanted > self.accompanied

    @property
    def is_settled(self) -> bool:
        return self.state in SETTLED
