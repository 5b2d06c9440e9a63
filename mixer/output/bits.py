"""Bits of H.264's headers: fixed-length fields, Exp-Golomb codes, and the bytes that keep start codes out of them."""

import re

_EMULATION = re.compile(rb"\0\0(?=[\0-\3])")


class BitReader:
    """Reads fields from a payload without emulation prevention (§7.2, §9.1). Raises ValueError past its end."""

    def __init__(self, payload: bytes) -> None:
        self._value = int.from_bytes(payload, "big")
        self.left = 8 * len(payload)

    def u(self, count: int) -> int:
        """`count` bits, unsigned."""
        if count > self.left:
            raise ValueError("an H.264 header is cut off")
        self.left -= count
        return self._value >> self.left & ((1 << count) - 1)

    def ue(self) -> int:
        """Unsigned Exp-Golomb, at most of 32 bits."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 32:
                raise ValueError("a number in an H.264 header is too large")
        return (1 << zeros) - 1 + self.u(zeros)


class BitWriter:
    def __init__(self) -> None:
        self._value = 1  # a mark in front keeps leading zeros
        self._count = 0

    def u(self, count: int, value: int) -> None:
        self._value = self._value << count | value
        self._count += count

    def ue(self, value: int) -> None:
        self.u(2 * (value + 1).bit_length() - 1, value + 1)

    def payload(self) -> bytes:
        """With the stop bit and zeros up to a whole byte (rbsp_trailing_bits)."""
        self.u(1, 1)
        self.u(-self._count % 8, 0)
        return (self._value ^ 1 << self._count).to_bytes(self._count // 8, "big")


def unescaped(data: bytes) -> bytes:
    """Without emulation prevention bytes (§7.4.1)."""
    return data.replace(b"\0\0\3", b"\0\0")


def escaped(payload: bytes) -> bytes:
    return _EMULATION.sub(b"\0\0\3", payload)
