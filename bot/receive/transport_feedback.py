"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01)."""

import struct
from dataclasses import dataclass

_TICK_NS = 250_000
_REFERENCE_NS = 64_000_000
_MAX_PACKETS = 4000  # waiting for one feedback: the older half is left out, the sender counts it as lost
_MAX_STATUSES = 8000


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    sender: int
    ssrc: int
    number: int  # of this feedback, 8 bits
    base: int  # first sequence number
    arrivals_ns: tuple[int | None, ...]  # from `base` on, on a clock that wraps after 2^24 * 64 ms; None: not received


class ArrivalLog:
    """Arrivals of one connection's packets by their transport-wide sequence number."""

    def __init__(self) -> None:
        self._arrivals: list[tuple[int, int]] = []
        self._next: int | None = None  # first number the next feedback speaks of, extended
        self._number = 0
        self.dropped = 0

    def add(self, sequence: int, arrival_ns: int) -> None:
        """Once for every packet: nothing more is done here than must be."""
        self._arrivals.append((sequence, arrival_ns))
        if len(self._arrivals) > _MAX_PACKETS:
            self.dropped += len(self._arrivals) // 2
            del self._arrivals[: len(self._arrivals) // 2]

    def feedback(self, sender: int, ssrc: int) -> bytes | None:
        """The body of one feedback about everything new, None when there is nothing. Forgets what it tells."""
        if not self._arrivals:
            return None
        arrivals = self._unwrapped()
        self._arrivals = []
        first, last = min(arrivals), max(arrivals)
        if self._next is not None and first - _MAX_STATUSES < self._next < first:
            first = self._next  # what was lost since the last feedback is told too
        first = max(first, last - _MAX_STATUSES)
        self._next = last + 1
        reference = min(time for number, time in arrivals.items() if number >= first) // _REFERENCE_NS
        statuses, deltas = _statuses(arrivals, first, last, reference * _REFERENCE_NS)
        head = struct.pack(
            "!IIHHI", sender, ssrc, first & 0xFFFF, len(statuses), (reference & 0xFFFFFF) << 8 | self._number
        )
        self._number = (self._number + 1) & 0xFF
        body = head + _chunks(statuses) + deltas
        return body + bytes(-len(body) % 4)

    def _unwrapped(self) -> dict[int, int]:
        """The first arrival of each number."""
        highest = self._arrivals[0][0] if self._next is None else self._next - 1
        arrivals: dict[int, int] = {}
        for sequence, arrival_ns in self._arrivals:
            extended = highest + ((sequence - highest + 0x8000) & 0xFFFF) - 0x8000
            arrivals.setdefault(extended, arrival_ns)
            highest = max(highest, extended)
        return arrivals


def _statuses(arrivals: dict[int, int], first: int, last: int, start_ns: int) -> tuple[bytearray, bytes]:
    """One status a packet (0 not received, 1 delta of 8 bits, 2 delta of 16 bits) and the packed deltas."""
    statuses = bytearray()
    deltas = bytearray()
    previous = start_ns // _TICK_NS
    for number in range(first, last + 1):
        arrival = arrivals.get(number)
        if arrival is None:
            statuses.append(0)
            continue
        ticks = arrival // _TICK_NS
        delta = ticks - previous
        if 0 <= delta <= 255:
            statuses.append(1)
            deltas.append(delta)
            previous = ticks
        elif -32768 <= delta <= 32767:
            statuses.append(2)
            deltas += struct.pack("!h", delta)
            previous = ticks
        else:  # more than 8 s from its neighbour: cannot be told
            statuses.append(0)
    return statuses, bytes(deltas)


def _chunks(statuses: bytearray) -> bytes:
    """Run lengths where they are long, else vectors of 14 one-bit or 7 two-bit symbols."""
    out = bytearray()
    position, size = 0, len(statuses)
    while position < size:
        symbol = statuses[position]
        run = 1
        while position + run < size and statuses[position + run] == symbol and run < 8191:
            run += 1
        if run >= 14 or position + run == size:
            out += struct.pack("!H", symbol << 13 | run)
            position += run
            continue
        window = statuses[position : position + 14]
        wide = 2 in window
        if wide:
            window = window[:7]
        bits = 0
        for index, value in enumerate(window):
            bits |= value << (12 - 2 * index if wide else 13 - index)
        out += struct.pack("!H", 0x8000 | wide << 14 | bits)
        position += len(window)
    return bytes(out)


def parse_transport_feedback(body: bytes) -> TransportFeedback:
    """Raises struct.error or IndexError when it is cut off."""
    sender, ssrc, base, count, packed = struct.unpack_from("!IIHHI", body)
    statuses: list[int] = []
    position = 16
    while len(statuses) < count:
        (chunk,) = struct.unpack_from("!H", body, position)
        position += 2
        if not chunk >> 15:
            statuses += [chunk >> 13 & 3] * min(chunk & 0x1FFF, count - len(statuses))
            if not chunk & 0x1FFF:
                raise IndexError
        elif chunk >> 14 & 1:
            statuses += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            statuses += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    now = (packed >> 8) * _REFERENCE_NS
    arrivals: list[int | None] = []
    for status in statuses[:count]:
        if status in {0, 3}:
            arrivals.append(None)
            continue
        (delta,) = struct.unpack_from("!B" if status == 1 else "!h", body, position)
        position += status
        now += delta * _TICK_NS
        arrivals.append(now)
    return TransportFeedback(sender, ssrc, packed & 0xFF, base, tuple(arrivals))
