"""Writing RTCP. Each function returns one whole sub-packet; a compound packet is their concatenation."""

import struct
from collections.abc import Iterable, Sequence

from bot.receive.rtcp import ReportBlock, SenderReport


def _block(block: ReportBlock) -> bytes:
    return struct.pack(
        "!IIIIII",
        block.ssrc,
        (block.fraction_lost & 0xFF) << 24 | block.lost & 0xFFFFFF,
        block.highest_sequence & 0xFFFFFFFF,
        block.jitter & 0xFFFFFFFF,
        block.last_report,
        block.delay & 0xFFFFFFFF,
    )


def sub_packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def receiver_report(sender: int, blocks: Sequence[ReportBlock]) -> bytes:
    """At most 31 blocks: one packet holds no more (RFC 3550 section 6.4.2)."""
    return sub_packet(201, len(blocks), struct.pack("!I", sender) + b"".join(map(_block, blocks)))


def sender_report(report: SenderReport) -> bytes:
    head = struct.pack("!IQIII", report.ssrc, report.ntp, report.timestamp, report.packets, report.octets)
    return sub_packet(200, len(report.blocks), head + b"".join(map(_block, report.blocks)))


def description(sender: int, name: str) -> bytes:
    text = name.encode()[:255]
    chunk = struct.pack("!IBB", sender, 1, len(text)) + text + b"\0"
    return sub_packet(202, 1, chunk + bytes(-len(chunk) % 4))


def bye(ssrcs: Sequence[int]) -> bytes:
    return sub_packet(203, len(ssrcs), struct.pack(f"!{len(ssrcs)}I", *ssrcs))


def nack(sender: int, ssrc: int, sequences: Iterable[int]) -> bytes:
    """`sequences` in rising order of their extended numbers: neighbours share an entry (RFC 4585 section 6.2.1)."""
    entries: list[list[int]] = []
    for sequence in sequences:
        distance = (sequence - entries[-1][0]) & 0xFFFF if entries else 0
        if entries and 0 < distance <= 16:
            entries[-1][1] |= 1 << (distance - 1)
        else:
            entries.append([sequence & 0xFFFF, 0])
    body = b"".join(struct.pack("!HH", packet, mask) for packet, mask in entries)
    return sub_packet(205, 1, struct.pack("!II", sender, ssrc) + body)


def picture_loss(sender: int, ssrc: int) -> bytes:
    return sub_packet(206, 1, struct.pack("!II", sender, ssrc))


def full_intra(sender: int, ssrc: int, number: int) -> bytes:
    return sub_packet(206, 4, struct.pack("!IIIBxxx", sender, 0, ssrc, number & 0xFF))


def bandwidth(sender: int, bitrate: int, ssrcs: Sequence[int]) -> bytes:
    exponent = max(0, bitrate.bit_length() - 18)
    packed = len(ssrcs) << 24 | exponent << 18 | bitrate >> exponent
    return sub_packet(206, 15, struct.pack(f"!II4sI{len(ssrcs)}I", sender, 0, b"REMB", packed, *ssrcs))
