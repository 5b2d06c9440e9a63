"""Counters that wrap: sequence numbers (16 bits), RTP timestamps (32 bits), picture numbers of codecs (any width)."""


def signed_distance(start: int, end: int, bits: int) -> int:
    """The shortest way from `start` to `end` on a circle of 2^bits: negative when `end` is behind."""
    half = 1 << (bits - 1)
    return ((end - start + half) & ((1 << bits) - 1)) - half


def unwrap(reference: int, value: int, bits: int) -> int:
    """The integer congruent to `value` modulo 2^bits that is nearest to the extended value `reference`."""
    return reference + signed_distance(reference, value, bits)
