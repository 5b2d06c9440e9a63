"""A picture equal to the one before, without an encoder: every macroblock is skipped (Rec. ITU-T H.264 §7.3.4).

x264 takes 8 to 11 ms to find out that a 1080p picture did not change; this takes none of it. It is a P picture that
refers to the one before and is itself referred to, so that it decodes to exactly the same samples.
"""

import struct

from mixer.output.bits import BitWriter, escaped
from mixer.output.parameter_sets import Sequencing

_PPS_UNIT = b"\x68"
_SLICE_UNIT = b"\x41"  # referred to, not an IDR
_P_ALONE = 5  # slice_type: P, and so are all slices of the picture
_NO_DEBLOCKING = 1


class Stills:
    """Pictures in one slice, coded with a PPS of their own: CAVLC, one reference, nothing weighted."""

    def __init__(self, sequencing: Sequencing, pps_number: int) -> None:
        self._sequencing = sequencing
        self._pps_number = pps_number
        self.pps = _PPS_UNIT + escaped(self._parameters())
        self._samples = tuple(self._sample(number) for number in range(1 << sequencing.frame_num_bits))

    def sample(self, frame_num: int) -> bytes:
        """The picture as MP4 stores it. `frame_num` is counted from the IDR; it may be past what its field holds."""
        return self._samples[frame_num % len(self._samples)]

    def _parameters(self) -> bytes:
        bits = BitWriter()
        bits.ue(self._pps_number)
        bits.ue(0)  # the SPS
        bits.u(1, 0)  # CAVLC
        bits.u(1, 0)
        bits.ue(0)  # one slice group
        bits.ue(0)  # one reference in list 0
        bits.ue(0)  # and in list 1
        bits.u(1, 0)  # no weights
        bits.u(2, 0)
        bits.ue(0)  # QP 26: there is nothing to quantise
        bits.ue(0)
        bits.ue(0)
        bits.u(1, 1)  # slices say whether they are deblocked
        bits.u(1, 0)
        bits.u(1, 0)
        return bits.payload()

    def _sample(self, frame_num: int) -> bytes:
        bits = BitWriter()
        bits.ue(0)  # first macroblock
        bits.ue(_P_ALONE)
        bits.ue(self._pps_number)
        bits.u(self._sequencing.frame_num_bits, frame_num)
        bits.u(1, 0)  # as many references as the PPS says
        bits.u(1, 0)  # in their own order
        bits.u(1, 0)  # the sliding window marks them
        bits.ue(0)  # QP
        bits.ue(_NO_DEBLOCKING)
        bits.ue(self._sequencing.width * self._sequencing.height)  # macroblocks skipped
        unit = _SLICE_UNIT + escaped(bits.payload())
        return struct.pack(">I", len(unit)) + unit
