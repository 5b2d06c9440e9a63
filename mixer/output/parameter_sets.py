"""H.264's parameter sets (Rec. ITU-T H.264 §7.3.2) and the box payload that carries them (ISO/IEC 14496-15 §5.3.3)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from mixer.output.bits import BitReader, BitWriter, escaped, unescaped

_SPS, _PPS = 7, 8
_WITH_CHROMA_FORMAT = frozenset({100, 110, 122, 244})  # profiles
_ORDER_OF_DECODING = 2  # pic_order_cnt_type: pictures are shown as they are decoded


@dataclass(frozen=True, slots=True)
class Sequencing:
    """What slices of one sequence lean on in its SPS. Encoders that agree in it can share one."""

    frame_num_bits: int
    order_type: int
    references: int
    width: int  # in macroblocks
    height: int

    @property
    def allows_stills(self) -> bool:
        """Whether pictures of our own can stand between those of the encoder (still.py)."""
        return self.order_type == _ORDER_OF_DECODING and self.references == 1


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """NAL units, as an encoder gives them: its only SPS and its only PPS."""

    sps: bytes
    pps: bytes

    @property
    def sequencing(self) -> Sequencing:
        """Raises ValueError when the SPS is none that this reads."""
        bits = BitReader(unescaped(self.sps[1:]))
        profile = bits.u(8)
        bits.u(16)
        bits.ue()
        if profile in _WITH_CHROMA_FORMAT:
            if bits.ue() != 1:
                raise ValueError("the colour format is not 4:2:0")
            bits.ue(), bits.ue(), bits.u(1)
            if bits.u(1):
                raise ValueError("the SPS has scaling lists")
        frame_num_bits = bits.ue() + 4
        order_type = bits.ue()
        if order_type == 0:
            bits.ue()
        elif order_type != _ORDER_OF_DECODING:
            raise ValueError(f"the order of pictures is of type {order_type}")
        references = bits.ue()
        bits.u(1)
        return Sequencing(frame_num_bits, order_type, references, bits.ue() + 1, bits.ue() + 1)

    def pps_as(self, number: int) -> bytes:
        """The PPS under another number, for SPS 0."""
        source, target = BitReader(unescaped(self.pps[1:])), BitWriter()
        source.ue(), source.ue()
        target.ue(number)
        target.ue(0)
        count = source.left
        rest = source.u(count)
        trailing = (rest & -rest).bit_length()  # the stop bit and what is behind it
        target.u(count - trailing, rest >> trailing)
        return self.pps[:1] + escaped(target.payload())


def parameter_sets(extradata: bytes) -> ParameterSets:
    """From what libavcodec calls extradata: start codes, or a configuration record. Raises ValueError."""
    units = nal_units(extradata) if extradata[:3] in (b"\0\0\1", b"\0\0\0") else _of_record(extradata)
    kinds = {unit[0] & 0x1F: unit for unit in units if unit}
    if not {_SPS, _PPS} <= kinds.keys():
        raise ValueError("there are no parameter sets")
    return ParameterSets(kinds[_SPS], kinds[_PPS])


def nal_units(data: bytes) -> list[bytes]:
    """What lies between start codes (annex B)."""
    return [unit.rstrip(b"\0") for unit in data.split(b"\0\0\1") if unit.strip(b"\0")]


def _of_record(record: bytes) -> list[bytes]:
    units, position = [], 6
    counts = [record[5] & 0x1F, 0]
    for turn in range(2):
        for _ in range(counts[turn]):
            (size,) = struct.unpack_from(">H", record, position)
            units.append(record[position + 2 : position + 2 + size])
            position += 2 + size
        if not turn:
            counts[1] = record[position]
            position += 1
    return units


def configuration(sps: bytes, all_pps: Sequence[bytes]) -> bytes:
    """AVCDecoderConfigurationRecord: samples hold NAL units behind lengths of four bytes."""
    head = struct.pack(">B3sBBH", 1, sps[1:4], 0xFF, 0xE1, len(sps)) + sps + bytes((len(all_pps),))
    body = b"".join(struct.pack(">H", len(pps)) + pps for pps in all_pps)
    return head + body + (b"\xfd\xf8\xf8\0" if sps[1] in _WITH_CHROMA_FORMAT else b"")  # 4:2:0, 8 bits
