"""What is examined."""

from dataclasses import dataclass, field
from pathlib import Path

from bot.configuration import Configuration
from signaling.address import Address


@dataclass(frozen=True, slots=True)
class Subject:
    """`room` None: no room is tried."""

    configuration: Configuration
    library: Path
    room: Address | None = None
    token: str | None = field(default=None, repr=False)
