"""Counters that wrap: sequence numbers (16 bits), RTP timestamps (32 bits), picture numbers of codecs (any width)."""


def signed_distance(start: int, end: int, bits: int) -> int:
    """The shortest way from `start` to `end` on a circle of 2^bits: negative when `end` is behind."""
    half = 1 << (bits - 1)
    return ((end - start + half) & ((1 << bits) - 1)) - half


class Run:
    """The length of the present row of consecutive 16-bit numbers."""

    def __init__(self) -> None:
        self._expected = -1
        self._length = 0

    def extend(self, number: int) -> int:
        self._length = self._length + 1 if number & 0xFFFF == self._expected else 1
        self._expected = (number + 1) & 0xFFFF
        return self._length


def unwrap(reference: int, value: int, bits: int) -> int:
    """The integer congruent to `value` modulo 2^bits that is nearest to the extended value `reference`."""
    return reference + signed_distance(reference, value, bits)
