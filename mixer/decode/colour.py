"""From a source's colours to those of the file: BT.709, limited range, 8 bit, 4:2:0.

Every source says (H264, VP9, AV1) or implies (VP8: RFC 6386 section 9.2) a matrix and a range. Going from one Y'CbCr to
another is linear, so it is done without RGB.

What a picture does not say is taken to be `untagged` (BT.601) below 720 lines and for VP8 at any size, BT.709 from 720
lines on: that is how browsers convert what they capture, and how players read what is not tagged. Primaries and
transfer curves are taken as they are: those of BT.601, BT.709 and sRGB look alike, and WebRTC carries no others.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from mixer.frame import Codec

HD_LINES = 720


class Matrix(StrEnum):
    BT601 = "bt601"
    BT709 = "bt709"
    BT2020 = "bt2020"


# AVColorSpace (ISO 23091-2 table 4): 0 RGB and 2 unspecified are not here.
_SAID = MappingProxyType(
    {1: Matrix.BT709, 4: Matrix.BT601, 5: Matrix.BT601, 6: Matrix.BT601, 7: Matrix.BT709, 9: Matrix.BT2020}
)
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG


@dataclass(frozen=True, slots=True)
class Colours:
    """How a decoded picture's numbers are to be read."""

    matrix: Matrix
    full_range: bool


OF_THE_FILE = Colours(Matrix.BT709, full_range=False)


def colours_of(codec: Codec, colorspace: int, color_range: int, lines: int, untagged: Matrix) -> Colours:
    """`colorspace` and `color_range` as FFmpeg numbers them; `lines` is the picture's height."""
    full_range = color_range == _FULL_RANGE
    if colorspace in _SAID:
        return Colours(_SAID[colorspace], full_range)
    if codec is Codec.VP8 or lines < HD_LINES:
        return Colours(untagged, full_range)
    return Colours(Matrix.BT709, full_range)
