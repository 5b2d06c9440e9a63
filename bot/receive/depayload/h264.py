"""H.264 (RFC 6184), packetization modes 0 and 1: single NAL units, STAP-A and FU-A -> an Annex B access unit."""

from collections.abc import Sequence

from bot.receive.depayload.assembly import Assembly
from bot.receive.depayload.h264_syntax import first_field, frame_number, parse_sps, slice_type

_START = b"\0\0\0\1"
_SLICES = frozenset({1, 2, 5})
_LEADING = frozenset({6, 7, 8, 9})  # SEI, SPS, PPS, access unit delimiter
_STAP_A, _FU_A = 24, 28
_MAX_SETS = 8


class H264:
    """Remembers the parameter sets, puts them in front of a keyframe that comes without, and reads `frame_num`."""

    def __init__(self, parameter_sets: Sequence[bytes] = ()) -> None:
        """`parameter_sets` from the SDP (sprop-parameter-sets), decoded."""
        self._sets: dict[tuple[int, int], bytes] = {}
        self._number_bits: dict[int, int] = {}  # of frame_num, by SPS id
        for unit in parameter_sets:
            self._remember(unit)

    def starts(self, payload: bytes) -> bool:
        kind = payload[0] & 0x1F
        if kind == _FU_A:
            if len(payload) < 3 or not payload[1] & 0x80:
                return False
            kind, slice_data = payload[1] & 0x1F, payload[2:]
        elif kind == _STAP_A:
            kind, slice_data = (payload[3] & 0x1F, payload[4:]) if len(payload) > 4 else (0, b"")
        else:
            slice_data = payload[1:]
        return kind in _LEADING or (kind in _SLICES and bool(slice_data) and slice_data[0] & 0x80 != 0)

    def assemble(self, payloads: Sequence[bytes], headers: Sequence[bytes]) -> Assembly | None:
        del headers
        units = _units(payloads)
        if not units:
            return None
        slices = [unit for unit in units if unit[0] & 0x1F in _SLICES]
        for unit in units:
            self._remember(unit)
        if not slices:
            return Assembly(b"", keyframe=False)  # parameter sets alone: kept for the keyframe that follows
        keyframe = any(unit[0] & 0x1F == 5 for unit in slices) or self._recovers(units, slices)
        if keyframe:
            units = self._with_sets(units)
        frame = Assembly(_START + _START.join(units), keyframe=keyframe)
        frame.discardable = not any(unit[0] & 0x60 for unit in slices)
        self._number(frame, slices[0])
        return frame

    def peek(self, payload: bytes) -> Assembly | None:
        kind = payload[0] & 0x1F
        frame = Assembly(b"", keyframe=kind == 5 or (kind == _FU_A and len(payload) > 1 and payload[1] & 0x1F == 5))
        frame.discardable = not payload[0] & 0x60
        return frame

    @staticmethod
    def _recovers(units: Sequence[bytes], slices: Sequence[bytes]) -> bool:
        """An I picture with its SPS in front starts a sequence as well as an IDR does for some hardware encoders."""
        return any(unit[0] & 0x1F == 7 for unit in units) and all(slice_type(unit) in {2, 7} for unit in slices)

    def _remember(self, unit: bytes) -> None:
        kind = unit[0] & 0x1F if unit else 0
        if kind == 7:
            sps = parse_sps(unit)
            if sps is not None:
                self._keep((7, sps.id), unit)
                self._number_bits[sps.id] = sps.frame_number_bits
        elif kind == 8:
            number = first_field(unit)
            if number is not None:
                self._keep((8, number), unit)

    def _keep(self, key: tuple[int, int], unit: bytes) -> None:
        self._sets.pop(key, None)
        if len(self._sets) >= _MAX_SETS:
            del self._sets[next(iter(self._sets))]
        self._sets[key] = unit

    def _with_sets(self, units: list[bytes]) -> list[bytes]:
        """The sets go after a delimiter, if there is one, and before everything else."""
        have = {unit[0] & 0x1F for unit in units}
        missing = [unit for (kind, _), unit in sorted(self._sets.items()) if kind not in have]
        at = 1 if units[0][0] & 0x1F == 9 else 0
        return units[:at] + missing + units[at:]

    def _number(self, frame: Assembly, unit: bytes) -> None:
        sizes = set(self._number_bits.values())
        if len(sizes) != 1:
            return
        (bits,) = sizes
        number = frame_number(unit, bits)
        if number is not None:
            frame.picture, frame.picture_bits = number, bits


def _units(payloads: Sequence[bytes]) -> list[bytes]:
    """NAL units in order; empty when anything is malformed."""
    units: list[bytes] = []
    fragments: list[bytes] = []
    for payload in payloads:
        kind = payload[0] & 0x1F
        if kind == _FU_A:
            if len(payload) < 3 or bool(payload[1] & 0x80) == bool(fragments):
                return []
            if not fragments:
                fragments.append(bytes([payload[0] & 0xE0 | payload[1] & 0x1F]))
            fragments.append(payload[2:])
            if payload[1] & 0x40:
                units.append(b"".join(fragments))
                fragments = []
            continue
        whole = _split(payload) if kind == _STAP_A else [payload] if 0 < kind < _STAP_A else []
        if fragments or not whole:
            return []
        units += whole
    return [] if fragments else units


def _split(payload: bytes) -> list[bytes]:
    units = []
    position = 1
    while position + 2 <= len(payload):
        size = payload[position] << 8 | payload[position + 1]
        unit = payload[position + 2 : position + 2 + size]
        if not size or len(unit) < size:
            return []
        units.append(unit)
        position += 2 + size
    return units
