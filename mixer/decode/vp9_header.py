"""How large VP9 frames say they are, before libvpx believes it (VP9 bitstream specification, section 6.2 and annex B).

libvpx takes the word of a frame header for it: a hundred bytes that claim 65536x65536 cost ten seconds and more than
6 GB before they turn out to be damaged. The other decoders can be given a limit; this one is kept from such frames.
"""

_HEADER_BYTES = 16  # the size is within them, in every kind of frame
_INDEX_MARK = 0b110  # in the top bits of the last byte of a superframe
_RGB = 7


def checked(data: bytes, most_pixels: int) -> bytes:
    """What libvpx may be given: `data` with an index of its frames, so that it looks for no others behind them.

    Raises ValueError when one claims more than `most_pixels`.
    """
    sizes = _index(data)
    if not sizes:
        sizes = [len(data)]
        mark = bytes((_INDEX_MARK << 5 | 3 << 3,))
        data = b"".join((data, mark, len(data).to_bytes(4, "little"), mark))
    start = 0
    for size in sizes:
        if _claimed_pixels(data[start : start + min(size, _HEADER_BYTES)]) > most_pixels:
            raise ValueError("a frame claims an absurd size")
        start += size
    return data


def _index(data: bytes) -> list[int]:
    """The sizes of the frames of a superframe; empty without an index."""
    mark = data[-1]
    count, width = (mark & 7) + 1, (mark >> 3 & 3) + 1
    index = len(data) - 2 - count * width
    if mark >> 5 != _INDEX_MARK or index < 0 or data[index] != mark:
        return []
    return [int.from_bytes(data[at : at + width], "little") for at in range(index + 1, len(data) - 1, width)]


class _Bits:
    def __init__(self, header: bytes) -> None:
        self._value = int.from_bytes(header.ljust(_HEADER_BYTES, b"\0"), "big")
        self._left = 8 * _HEADER_BYTES

    def read(self, count: int) -> int:
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)


def _claimed_pixels(header: bytes) -> int:
    """0 where none are named: the frame then has the size of one before it."""
    bits = _Bits(header)
    bits.read(2)
    profile = bits.read(1) | bits.read(1) << 1
    bits.read(profile == 3)
    if bits.read(1):  # shows one that was decoded before
        return 0
    is_inter, is_shown, is_resilient = bits.read(1), bits.read(1), bits.read(1)
    if not is_inter:
        bits.read(24)
        _skip_colours(bits, profile)
        return _size(bits)
    is_intra_only = not is_shown and bits.read(1)
    bits.read(0 if is_resilient else 2)
    if is_intra_only:
        bits.read(24)
        if profile:
            _skip_colours(bits, profile)
        bits.read(8)
        return _size(bits)
    bits.read(8 + 3 * 4)
    has_size_of_another = bits.read(1) or bits.read(1) or bits.read(1)
    return 0 if has_size_of_another else _size(bits)


def _skip_colours(bits: _Bits, profile: int) -> None:
    bits.read(profile >= 2)
    space = bits.read(3)
    bits.read(space != _RGB)
    if profile in {1, 3}:
        bits.read(1 if space == _RGB else 3)


def _size(bits: _Bits) -> int:
    width, height = bits.read(16) + 1, bits.read(16) + 1
    return width * height
