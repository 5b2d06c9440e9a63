"""From a source's colours to those of the file: BT.709, limited range, 8 bit, 4:2:0.

Every source says (H264, VP9, AV1) or implies (VP8: RFC 6386 section 9.2) a matrix and a range. Going from one Y'CbCr to
another is linear, so it is done on the planes without RGB, at the size of the source or of its tile, whichever is
smaller:

    Y' = luma Y + from_u U + from_v V + offset, and the same for U and V without Y.

What a picture does not say is taken to be `untagged` (BT.601) below 720 lines and for VP8 at any size, BT.709 from 720
lines on: that is how browsers convert what they capture, and how players read what is not tagged. Primaries and
transfer curves are taken as they are: those of BT.601, BT.709 and sRGB look alike, and WebRTC carries no others.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
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

# The luma weights of red and blue (ITU-R BT.601, BT.709, BT.2020).
_WEIGHTS = MappingProxyType(
    {Matrix.BT601: (0.299, 0.114), Matrix.BT709: (0.2126, 0.0722), Matrix.BT2020: (0.2627, 0.0593)}
)


@dataclass(frozen=True, slots=True)
class Colours:
    """How a decoded picture's numbers are to be read."""

    matrix: Matrix
    full_range: bool


@dataclass(frozen=True, slots=True)
class Conversion:
    """Factors for 8-bit values; offsets already hold the zero points (16 or 0, 128)."""

    luma: float
    luma_from_u: float
    luma_from_v: float
    luma_offset: float
    u_from_u: float
    u_from_v: float
    v_from_u: float
    v_from_v: float


def colours_of(codec: Codec, colorspace: int, color_range: int, lines: int, untagged: Matrix) -> Colours:
    """`colorspace` and `color_range` as FFmpeg numbers them; `lines` is the picture's height."""
    full_range = color_range == _FULL_RANGE
    if colorspace in _SAID:
        return Colours(_SAID[colorspace], full_range)
    if codec is Codec.VP8 or lines < HD_LINES:
        return Colours(untagged, full_range)
    return Colours(Matrix.BT709, full_range)


@lru_cache(maxsize=8)
def conversion_from(colours: Colours) -> Conversion | None:
    """What makes the planes BT.709 limited; None when they are already."""
    if colours == Colours(Matrix.BT709, full_range=False):
        return None
    red, blue = _WEIGHTS[colours.matrix]
    green = 1 - red - blue
    to_red, to_blue = 2 * (1 - red), 2 * (1 - blue)  # R = Y + to_red V, B = Y + to_blue U
    green_from_u, green_from_v = -blue * to_blue / green, -red * to_red / green
    red9, blue9 = _WEIGHTS[Matrix.BT709]
    green9 = 1 - red9 - blue9
    # Luma of BT.709 over the source's R, G, B; every one of them holds the source's Y once.
    luma_u = green9 * green_from_u + blue9 * to_blue
    luma_v = red9 * to_red + green9 * green_from_v
    half_red9, half_blue9 = 2 * (1 - red9), 2 * (1 - blue9)
    # Limited range spans 219 steps of luma and 224 of colour, full range 255 of both.
    luma_steps, colour_steps = (255, 255) if colours.full_range else (219, 224)
    mix = 219 / colour_steps
    chroma_scale = 224 / colour_steps
    return Conversion(
        luma=219 / luma_steps,
        luma_from_u=mix * luma_u,
        luma_from_v=mix * luma_v,
        luma_offset=16.0 if colours.full_range else 0.0,
        u_from_u=chroma_scale * (to_blue - luma_u) / half_blue9,
        u_from_v=chroma_scale * -luma_v / half_blue9,
        v_from_u=chroma_scale * -luma_u / half_red9,
        v_from_v=chroma_scale * (to_red - luma_v) / half_red9,
    )
