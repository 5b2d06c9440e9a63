"""CRC-32 of a whole from those of its parts, so that nothing is read twice.

Appending n bytes multiplies the polynomial of what is there by x^8n. Bit 31 is the coefficient of x^0, as zlib has it.
"""

from collections.abc import Iterable
from functools import lru_cache

_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31
_X = 1 << 30
_BITS = 32


def crc32_of_all(parts: Iterable[tuple[int, int]]) -> int:
    """`parts` are (CRC-32, bytes) in order."""
    whole = 0
    for crc32, size in parts:
        whole = _product(whole, _shift(size)) ^ crc32
    return whole


@lru_cache(maxsize=64)
def _shift(size: int) -> int:
    """x^(8 * size) modulo the polynomial."""
    result, square, exponent = _ONE, _X, 8 * size
    while exponent:
        if exponent & 1:
            result = _product(result, square)
        square = _product(square, square)
        exponent >>= 1
    return result


def _product(first: int, second: int) -> int:
    result = 0
    for bit in reversed(range(_BITS)):
        if first >> bit & 1:
            result ^= second
        second = (second >> 1) ^ (_POLYNOMIAL if second & 1 else 0)
    return result
