"""What one recording is: who asked for what, before anything runs."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.configuration import Configuration
from signaling.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One recording to make. `title` None: the room's own."""

    recording_id: str
    address: Address
    token: str | None = field(repr=False)
    title: str | None
    output: Path
    asked_at: datetime  # with the local time zone: it is in the file's name


def new_order(address: Address, *, token: str | None, title: str | None, configuration: Configuration) -> Order:
    asked_at = datetime.now(UTC)
    return Order(
        # Sorts by time, cannot collide, is safe in a path.
        recording_id=f"{asked_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
        address=address,
        token=token,
        title=title,
        output=Path(configuration.output),
        asked_at=asked_at.astimezone(),
    )
