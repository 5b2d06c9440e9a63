"""One interface for all SFUs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from signaling.event import RoomEvent
from signaling.model import Layer, RoomState


@dataclass(frozen=True, slots=True)
class Notice:
    """A message from the bot to people in the room, where the SFU has a channel for it."""

    code: str  # recording_starting, recording_started, recording_stopped_moderators, …
    audience: str  # everyone | moderators | participants
    text: str


class RoomClient(Protocol):
    """One hidden participant in one room. Single use: after a loss a new client is made for the same address.

    The client subscribes to everything that is published by itself, opening peer connections towards the
    `PacketReceiver` it was made with; a track's packets can only come after its `TrackPublished` was queued.
    """

    async def join(self) -> RoomState:
        """Raises JoinError (or ProtocolError). Returns when the room's description is known; the tracks that are
        there already are in it, their media comes later."""

    def events(self) -> AsyncIterator[RoomEvent]:
        """Ends after RoomEnded or ConnectionLost, which is always the last event, or after `leave()`."""

    def request_layer(self, track: str, layer: Layer | None) -> None:
        """Ask for the quality that fits; None when nobody sees the track. Best effort, repeated calls are cheap."""

    def notify(self, notice: Notice) -> None:
        """Best effort; does nothing where the SFU has no way."""

    async def leave(self) -> None:
        """Close every connection. Idempotent, never raises, done within 2 s even when the server is dead."""
