"""Numbers the coded pictures anew: between those of the encoder stand some that it knows nothing of (still.py)."""

import struct

from mixer.output.bits import BitReader, escaped, unescaped

_SLICE = 1
_HEAD = 16  # bytes; frame_num is within them
_CLEAN = 3  # a byte above this ends any run that emulation prevention looks at


def numbered(sample: bytes, frame_num: int, bits: int) -> bytes:
    """One picture, no IDR, whose slices all get `frame_num`, a field of `bits` bits (Rec. ITU-T H.264 §7.3.3).

    `sample` is NAL units behind lengths of four bytes.
    """
    parts = []
    position = 0
    while position < len(sample):
        (size,) = struct.unpack_from(">I", sample, position)
        unit = sample[position + 4 : position + 4 + size]
        position += 4 + size
        if unit[0] & 0x1F == _SLICE:
            unit = _renumbered(unit, frame_num, bits)
        parts += [struct.pack(">I", len(unit)), unit]
    return b"".join(parts)


def _renumbered(unit: bytes, frame_num: int, bits: int) -> bytes:
    end = next((at + 1 for at in range(_HEAD - 1, len(unit)) if unit[at] > _CLEAN), len(unit))
    head = unescaped(unit[1:end])
    reader = BitReader(head)
    reader.ue(), reader.ue(), reader.ue()  # first macroblock, type, PPS
    shift = reader.left - bits
    mask = (1 << bits) - 1 << shift
    value = int.from_bytes(head, "big") & ~mask | frame_num << shift
    return unit[:1] + escaped(value.to_bytes(len(head), "big")) + unit[end:]
