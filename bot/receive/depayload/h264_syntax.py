"""The few fields of H.264 syntax (ITU-T H.264 section 7.3) that tell whether a reference picture was lost."""

from dataclasses import dataclass

from mixer.output.bits import BitReader, unescaped

_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


def _payload(unit: bytes, limit: int = 64) -> BitReader:
    """Of a NAL unit, so many bytes at most."""
    return BitReader(unescaped(unit[1 : 1 + limit]))


@dataclass(frozen=True, slots=True)
class Sps:
    id: int
    frame_number_bits: int


def parse_sps(unit: bytes) -> Sps | None:
    """None when it is cut off or not plausible."""
    try:
        bits = _payload(unit, limit=400)
        profile = bits.u(8)
        bits.u(16)
        number = bits.ue()
        if profile in _WITH_CHROMA:
            _skip_chroma(bits)
        size = bits.ue() + 4
    except ValueError:
        return None
    return Sps(number, size) if number < 32 and size <= 16 else None


def _skip_chroma(bits: BitReader) -> None:
    chroma = bits.ue()
    if chroma == 3 and bits.u(1):
        raise ValueError  # separate colour planes: slices look different; nobody sends this
    bits.ue()
    bits.ue()
    bits.u(1)
    if not bits.u(1):
        return
    for index in range(12 if chroma == 3 else 8):
        if bits.u(1):
            _skip_scaling_list(bits, 16 if index < 6 else 64)


def _skip_scaling_list(bits: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            code = bits.ue()
            following = (last + (-(code // 2) if code % 2 == 0 else (code + 1) // 2)) % 256
        last = following or last


def first_field(unit: bytes) -> int | None:
    """pic_parameter_set_id of a PPS, first_mb_in_slice of a slice."""
    try:
        return _payload(unit).ue()
    except ValueError:
        return None


def slice_type(unit: bytes) -> int | None:
    """2 and 7 are I slices."""
    try:
        bits = _payload(unit)
        bits.ue()
        return bits.ue()
    except ValueError:
        return None


def frame_number(unit: bytes, number_bits: int) -> int | None:
    """frame_num of a slice."""
    try:
        bits = _payload(unit)
        bits.ue()
        bits.ue()
        bits.ue()
        return bits.u(number_bits)
    except ValueError:
        return None
