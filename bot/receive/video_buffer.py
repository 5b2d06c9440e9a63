"""Packets of one video SSRC -> whole frames in order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.receive.packet import Packet


@dataclass(frozen=True, slots=True)
class Damage:
    """What a skipped hole cost."""

    packets: int  # that never came
    partial: Sequence[Packet]  # came, but their frames will never be whole


class VideoBuffer:
    """By extended sequence number. A frame ends with its marker or where the timestamp changes (not every sender sets
    the marker). The caller bounds it: `len()` is the number of packets held."""

    def __init__(self, starts: Callable[[Packet], bool]) -> None:
        """`starts` says whether a frame can begin with a packet (which is not empty)."""
        self._starts = starts
        self._packets: dict[int, Packet] = {}
        self._first = 0  # first packet of the frame being put together
        self._scan = 0  # next packet to look at
        self._damaged: int | None = None  # timestamp of a frame whose beginning or middle is lost
        self._started = False

    def __len__(self) -> int:
        return len(self._packets)

    @property
    def first(self) -> int:
        """The next number that belongs to no frame yet."""
        return self._first

    def begin(self, sequence: int) -> None:
        """Empty it; the next packet expected is `sequence`."""
        self._packets.clear()
        self._first = self._scan = sequence
        self._damaged = None
        self._started = False

    def precedes(self, sequence: int) -> bool:
        """A packet from just before the first one, reordered at the very beginning; it is taken as the new first."""
        if self._started or not self._first - 64 <= sequence < self._first:
            return False
        self._first = self._scan = sequence
        return True

    def put(self, packet: Packet) -> bool:
        """False when its place is passed or taken."""
        sequence = packet.sequence
        if sequence < self._scan or sequence in self._packets:
            return False
        self._packets[sequence] = packet
        return True

    def take(self) -> list[Packet] | None:
        """The next whole frame (empty packets left out), None while its packets are not all here."""
        packets = self._packets
        while True:
            packet = packets.get(self._scan)
            if packet is None:
                return None
            if self._damaged is not None and self._pass_damaged(packet):
                continue
            if self._scan > self._first and packet.timestamp != packets[self._first].timestamp:
                return self._pop()
            self._scan += 1
            if not packet.payload and self._scan == self._first + 1:
                del packets[self._first]  # padding between frames
                self._first = self._scan
            elif packet.marker:
                return self._pop()

    def _pop(self) -> list[Packet]:
        packets = self._packets
        taken = [packets.pop(sequence) for sequence in range(self._first, self._scan)]
        self._first = self._scan
        self._started = True
        return [packet for packet in taken if packet.payload]

    def _pass_damaged(self, packet: Packet) -> bool:
        if packet.timestamp != self._damaged:
            self._damaged = None
            return False
        del self._packets[self._scan]
        self._scan += 1
        self._first = self._scan
        if packet.marker:
            self._damaged = None
        return True

    def blocking(self) -> tuple[int, Packet] | None:
        """The first missing number that others wait behind, and the first packet behind the hole."""
        packets, scan = self._packets, self._scan
        if scan in packets or len(packets) == scan - self._first:
            return None
        behind = min((sequence for sequence in packets if sequence > scan), default=None)
        return None if behind is None else (scan, packets[behind])

    def skip(self) -> Damage:
        """Give the hole up, and what is left of its frames. Call `take` again afterwards."""
        blocked = self.blocking()
        if blocked is None:
            return Damage(0, ())
        hole, behind = blocked
        partial = [self._packets.pop(sequence) for sequence in range(self._first, self._scan)]
        self._started = True
        self._first = self._scan = behind.sequence
        continues = bool(partial) and partial[0].timestamp == behind.timestamp
        if continues or (behind.payload and not self._starts(behind)):
            self._damaged = behind.timestamp
            partial.append(behind)
        return Damage(behind.sequence - hole, partial)
