"""Redundant audio (RFC 2198)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    payload_type: int
    offset: int  # timestamp units before the packet's own
    payload: bytes


def split_red(payload: bytes) -> list[Block]:
    """Blocks in the order they came: the primary one, with offset 0, is the last. Empty when malformed."""
    heads: list[tuple[int, int, int]] = []
    position = 0
    while position < len(payload) and payload[position] & 0x80:
        if position + 4 > len(payload):
            return []
        word = int.from_bytes(payload[position : position + 4], "big")
        heads.append((word >> 24 & 0x7F, word >> 10 & 0x3FFF, word & 0x3FF))
        position += 4
    if position >= len(payload):
        return []
    primary = payload[position] & 0x7F
    position += 1
    blocks = []
    for payload_type, offset, size in heads:
        if position + size > len(payload):
            return []
        blocks.append(Block(payload_type, offset, payload[position : position + size]))
        position += size
    blocks.append(Block(primary, 0, payload[position:]))
    return blocks
