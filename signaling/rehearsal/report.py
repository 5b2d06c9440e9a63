"""RTCP as a sender needs it: sender reports and goodbyes out (RFC 3550), NACK, PLI and FIR in (RFC 4585, 5104)."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

NTP_EPOCH_S = 2_208_988_800  # 1970 in NTP time


@dataclass(frozen=True, slots=True)
class Nack:
    ssrc: int
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyframeWanted:
    ssrc: int


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """One block of a receiver report."""

    ssrc: int
    fraction_lost: int  # of 256
    lost: int
    highest_sequence: int
    jitter: int


@dataclass(frozen=True, slots=True)
class BitrateEstimate:
    """REMB: bits a second the receiver can take."""

    bits_per_second: int


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """Transport-wide congestion control feedback: only that it came, and from which number on."""

    base: int
    count: int


Feedback = Nack | KeyframeWanted | ReceiverReport | BitrateEstimate | TransportFeedback


def parse_feedback(packet: bytes) -> list[Feedback]:
    """What a compound packet asks for. Raises ValueError for one that is not RTCP."""
    found: list[Feedback] = []
    offset = 0
    while offset < len(packet):
        if len(packet) - offset < 8 or packet[offset] >> 6 != 2:
            raise ValueError("not an RTCP packet")
        kind, words = struct.unpack_from(">BH", packet, offset + 1)
        end = offset + 4 * (words + 1)
        if end > len(packet):
            raise ValueError("an RTCP packet that is cut short")
        try:
            found += _one(packet[offset] & 0x1F, kind, packet[offset:end])
        except struct.error as error:
            raise ValueError("an RTCP packet that is cut short") from error
        offset = end
    return found


def sender_report(ssrc: int, name: str, *, ntp: int, timestamp: int, packets: int, octets: int) -> bytes:
    """SR and SDES. `ntp` is 32.32 fixed point (`ntp_time`)."""
    report = struct.pack(">BBHIQIII", 0x80, 200, 6, ssrc, ntp, timestamp, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    return report + _description(ssrc, name)


def goodbye(ssrc: int, name: str) -> bytes:
    empty_report = struct.pack(">BBHI", 0x80, 201, 1, ssrc)
    return empty_report + _description(ssrc, name) + struct.pack(">BBHI", 0x81, 203, 1, ssrc)


def ntp_time(unix_ns: int) -> int:
    seconds, rest = divmod(unix_ns, 1_000_000_000)
    return (seconds + NTP_EPOCH_S) << 32 | (rest << 32) // 1_000_000_000


def _description(ssrc: int, name: str) -> bytes:
    text = name.encode()[:255]
    item = struct.pack(">IBB", ssrc, 1, len(text)) + text + b"\0"
    item += b"\0" * (-len(item) % 4)
    return struct.pack(">BBH", 0x81, 202, len(item) // 4) + item


def _one(count: int, kind: int, packet: bytes) -> list[Feedback]:
    reader = _READERS.get((kind, 0 if kind in {200, 201} else count))
    return reader(packet, count) if reader is not None else []


def _reports(packet: bytes, count: int) -> list[Feedback]:
    start = 28 if packet[1] == 200 else 8
    return [_block(packet, start + 24 * index) for index in range(count)]


def _transport_feedback(packet: bytes, count: int) -> list[Feedback]:
    return [TransportFeedback(*struct.unpack_from(">HH", packet, 12))]


def _picture_loss(packet: bytes, count: int) -> list[Feedback]:
    return [KeyframeWanted(struct.unpack_from(">I", packet, 8)[0])]


def _full_intra(packet: bytes, count: int) -> list[Feedback]:
    return [KeyframeWanted(struct.unpack_from(">I", packet, at)[0]) for at in range(12, len(packet) - 7, 8)]


def _estimate(packet: bytes, count: int) -> list[Feedback]:
    if packet[12:16] != b"REMB":
        return []
    word = struct.unpack_from(">I", packet, 16)[0]
    return [BitrateEstimate((word & 0x3FFFF) << (word >> 18 & 0x3F))]


def _block(packet: bytes, at: int) -> ReceiverReport:
    ssrc, loss, highest, jitter = struct.unpack_from(">IIII", packet, at)
    lost = loss & 0xFFFFFF
    return ReceiverReport(ssrc, loss >> 24, lost - (1 << 24) if lost >> 23 else lost, highest, jitter)


def _nack(packet: bytes, count: int) -> list[Feedback]:
    ssrc = struct.unpack_from(">I", packet, 8)[0]
    sequences: list[int] = []
    for at in range(12, len(packet), 4):
        first, more = struct.unpack_from(">HH", packet, at)
        sequences.append(first)
        sequences += (first + 1 + bit & 0xFFFF for bit in range(16) if more >> bit & 1)
    return [Nack(ssrc, tuple(sequences))]


# By packet type and, for feedback, its format.
_READERS: dict[tuple[int, int], Callable[[bytes, int], list[Feedback]]] = {
    (200, 0): _reports,
    (201, 0): _reports,
    (205, 1): _nack,
    (205, 15): _transport_feedback,
    (206, 1): _picture_loss,
    (206, 4): _full_intra,
    (206, 15): _estimate,
}
