"""What holds the packets of a track until they are in order."""

from typing import Protocol

from bot.receive.packet import Packet


class PacketBuffer(Protocol):
    """By extended sequence number."""

    @property
    def first(self) -> int:
        """The next number that it waits for, or gives out."""

    def begin(self, sequence: int) -> None:
        """Empty; the next packet is `sequence`."""

    def precedes(self, sequence: int) -> bool:
        """Whether a number before the first is the first now. Once one has been given out nothing goes before it."""

    def blocking(self) -> tuple[int, Packet] | None:
        """The missing number that others wait behind, and the first packet behind it."""
