"""Reading RTCP compound packets (RFC 3550, 4585, 5104, REMB).

Every sub-packet is read by its own length: what is unknown, cut off or carries a profile-specific extension never costs
the others beside it.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from bot.receive.transport_feedback import TransportFeedback, parse_transport_feedback


@dataclass(frozen=True, slots=True)
class ReportBlock:
    ssrc: int
    fraction_lost: int  # of 256, since the last report
    lost: int  # cumulative, signed 24 bits
    highest_sequence: int  # extended
    jitter: int  # in RTP timestamp units
    last_report: int  # middle 32 bits of the NTP time of the last sender report, 0 for none
    delay: int  # since that report, in 1/65536 s


@dataclass(frozen=True, slots=True)
class SenderReport:
    ssrc: int
    ntp: int  # 64 bits, 32.32 fixed point
    timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """SDES: the canonical name of each source that gives one."""

    names: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Bye:
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Nack:
    sender: int
    ssrc: int
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PictureLoss:
    sender: int
    ssrc: int


@dataclass(frozen=True, slots=True)
class FullIntra:
    sender: int
    requests: tuple[tuple[int, int], ...]  # SSRC and command number


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """REMB: the most the whole transport can take, in bit/s."""

    sender: int
    bitrate: int
    ssrcs: tuple[int, ...]


Report = (
    SenderReport | ReceiverReport | Description | Bye | Nack | PictureLoss | FullIntra | Bandwidth | TransportFeedback
)

_BLOCK = struct.Struct("!IIIIII")
_SENDER = struct.Struct("!IQIII")


def parse_rtcp(data: bytes) -> tuple[list[Report], int]:
    """What could be read, in order, and the number of sub-packets that were malformed or cut off."""
    reports: list[Report] = []
    malformed = 0
    position = 0
    while position + 4 <= len(data):
        first, kind, words = struct.unpack_from("!BBH", data, position)
        end = position + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            malformed += 1
            break
        body = data[position + 4 : end]
        position = end
        if first & 0x20:
            if not body or not 0 < body[-1] <= len(body):
                malformed += 1
                continue
            body = body[: len(body) - body[-1]]
        reader = _READERS.get(kind)
        if reader is None:
            continue
        try:
            report = reader(body, first & 0x1F)
        except (struct.error, IndexError):
            malformed += 1
            continue
        if report is not None:
            reports.append(report)
    if position < len(data) and not malformed:
        malformed += 1
    return reports, malformed


def _blocks(body: bytes, position: int, count: int) -> tuple[ReportBlock, ...]:
    """Blocks that are whole; the count may promise more than there is."""
    blocks = []
    for start in range(position, position + 24 * count, 24):
        if start + 24 > len(body):
            break
        ssrc, loss, highest, jitter, last_report, delay = _BLOCK.unpack_from(body, start)
        lost = loss & 0xFFFFFF
        blocks.append(
            ReportBlock(ssrc, loss >> 24, lost - ((lost & 0x800000) << 1), highest, jitter, last_report, delay)
        )
    return tuple(blocks)


def _sender_report(body: bytes, count: int) -> Report:
    ssrc, ntp, timestamp, packets, octets = _SENDER.unpack_from(body)
    return SenderReport(ssrc, ntp, timestamp, packets, octets, _blocks(body, _SENDER.size, count))


def _receiver_report(body: bytes, count: int) -> Report:
    return ReceiverReport(struct.unpack_from("!I", body)[0], _blocks(body, 4, count))


def _description(body: bytes, count: int) -> Report:
    names = []
    position = 0
    for _ in range(count):
        if position + 4 > len(body):
            break
        (ssrc,) = struct.unpack_from("!I", body, position)
        position += 4
        while position < len(body) and body[position]:
            length = body[position + 1]
            if body[position] == 1:
                names.append((ssrc, body[position + 2 : position + 2 + length].decode("utf-8", "replace")))
            position += 2 + length
        position = (position + 4) & ~3  # at least one zero ends a chunk, padded to a word
    return Description(tuple(names))


def _bye(body: bytes, count: int) -> Report:
    return Bye(struct.unpack_from(f"!{count}I", body))


def _transport_layer(body: bytes, kind: int) -> Report | None:
    sender, ssrc = struct.unpack_from("!II", body)
    if kind == 15:
        return parse_transport_feedback(body)
    if kind != 1:
        return None
    sequences = []
    for packet, mask in struct.iter_unpack("!HH", body[8 : 8 + (len(body) - 8) // 4 * 4]):
        sequences.append(packet)
        sequences.extend((packet + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1)
    return Nack(sender, ssrc, tuple(sequences))


def _payload_specific(body: bytes, kind: int) -> Report | None:
    sender, ssrc = struct.unpack_from("!II", body)
    if kind == 1:
        return PictureLoss(sender, ssrc)
    if kind == 4:
        entries = struct.iter_unpack("!IBxxx", body[8 : 8 + (len(body) - 8) // 8 * 8])
        return FullIntra(sender, tuple((media, number) for media, number in entries))
    if kind == 15 and body[8:12] == b"REMB":
        (packed,) = struct.unpack_from("!I", body, 12)
        bitrate = (packed & 0x3FFFF) << (packed >> 18 & 0x3F)
        return Bandwidth(sender, bitrate, struct.unpack_from(f"!{packed >> 24}I", body, 16))
    return None


_READERS: dict[int, Callable[[bytes, int], Report | None]] = {
    200: _sender_report,
    201: _receiver_report,
    202: _description,
    203: _bye,
    205: _transport_layer,
    206: _payload_specific,
}
