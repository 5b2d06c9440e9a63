"""The few fields of H.264 syntax (ITU-T H.264 section 7.3) that tell whether a reference picture was lost."""

from dataclasses import dataclass

from bot.receive.depayload.bits import Bits

_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


class _Bits(Bits):
    """A NAL unit's payload."""

    def __init__(self, unit: bytes, limit: int = 64) -> None:
        super().__init__(unit[1 : 1 + limit].replace(b"\0\0\3", b"\0\0"))  # without emulation prevention

    def exp_golomb(self) -> int:
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > 32:
                raise IndexError
        return (1 << zeros) - 1 + self.read(zeros)


@dataclass(frozen=True, slots=True)
class Sps:
    id: int
    frame_number_bits: int


def parse_sps(unit: bytes) -> Sps | None:
    """None when it is cut off or not plausible."""
    try:
        bits = _Bits(unit, limit=400)
        profile = bits.read(8)
        bits.read(16)
        number = bits.exp_golomb()
        if profile in _WITH_CHROMA:
            _skip_chroma(bits)
        size = bits.exp_golomb() + 4
    except IndexError:
        return None
    return Sps(number, size) if number < 32 and size <= 16 else None


def _skip_chroma(bits: _Bits) -> None:
    chroma = bits.exp_golomb()
    if chroma == 3 and bits.read(1):
        raise IndexError  # separate colour planes: slices look different; nobody sends this
    bits.exp_golomb()
    bits.exp_golomb()
    bits.read(1)
    if not bits.read(1):
        return
    for index in range(12 if chroma == 3 else 8):
        if bits.read(1):
            _skip_scaling_list(bits, 16 if index < 6 else 64)


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            code = bits.exp_golomb()
            following = (last + (-(code // 2) if code % 2 == 0 else (code + 1) // 2)) % 256
        last = following or last


def first_field(unit: bytes) -> int | None:
    """pic_parameter_set_id of a PPS, first_mb_in_slice of a slice."""
    try:
        return _Bits(unit).exp_golomb()
    except IndexError:
        return None


def slice_type(unit: bytes) -> int | None:
    """2 and 7 are I slices."""
    try:
        bits = _Bits(unit)
        bits.exp_golomb()
        return bits.exp_golomb()
    except IndexError:
        return None


def frame_number(unit: bytes, number_bits: int) -> int | None:
    """frame_num of a slice."""
    try:
        bits = _Bits(unit)
        bits.exp_golomb()
        bits.exp_golomb()
        bits.exp_golomb()
        return bits.read(number_bits)
    except IndexError:
        return None
