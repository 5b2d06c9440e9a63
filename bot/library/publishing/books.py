"""What the publisher needs of whoever keeps the catalogue."""

from collections.abc import Callable
from typing import Protocol

from bot.library.catalogue.delivery_rows import DeliveryRows
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry


class Books(Protocol):
    """On the event loop's thread. What changes something raises OutputError when it cannot be kept."""

    deliveries: DeliveryRows

    def get(self, recording_id: str) -> Recording:
        """With its destinations once it is made. Raises UnknownRecording."""

    def surroundings(self, recording: Recording) -> tuple[RoomEntry | None, RoomEntry | None]:
        """Its room and that room's parent."""

    def amend(self, recording_id: str, change: Callable[[Recording], Recording]) -> Recording:
        """One that is made; whoever listens is told."""

    def deliveries_changed(self, recording_id: str) -> None:
        """Whoever listens is told."""

    def release_held(self) -> None:
        """Those whose room is closed."""
