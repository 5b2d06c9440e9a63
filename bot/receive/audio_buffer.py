"""Packets of one audio SSRC in order."""

from bot.receive.packet import Packet


class AudioBuffer:
    """By extended sequence number; every packet is a frame of its own. The caller bounds it."""

    def __init__(self) -> None:
        self._packets: dict[int, Packet] = {}
        self._next = 0
        self._started = False

    def __len__(self) -> int:
        return len(self._packets)

    @property
    def first(self) -> int:
        return self._next

    def begin(self, sequence: int) -> None:
        self._packets.clear()
        self._next = sequence
        self._started = False

    def precedes(self, sequence: int) -> bool:
        """Once the first packet is out nothing before it can be."""
        if self._started or not self._next - 64 <= sequence < self._next:
            return False
        self._next = sequence
        return True

    def put(self, packet: Packet) -> bool:
        if packet.sequence < self._next or packet.sequence in self._packets:
            return False
        self._packets[packet.sequence] = packet
        return True

    def take(self) -> Packet | None:
        packet = self._packets.pop(self._next, None)
        if packet is not None:
            self._next += 1
            self._started = True
        return packet

    def blocking(self) -> tuple[int, Packet] | None:
        if not self._packets or self._next in self._packets:
            return None
        behind = min(self._packets)
        return self._next, self._packets[behind]

    def skip(self) -> None:
        """Give up the next packet, one of the hole."""
        self._next += 1
        self._started = True
