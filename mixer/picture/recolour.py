"""A conversion of colours, done on planes."""

from typing import cast

import cv2
import numpy as np

from mixer.decode.colour import Conversion
from mixer.decode.picture import Plane, Planes

# Samples of a colour plane worked on at a time: what lies between stays in the cache, and below the size from which
# every allocation is a call to the kernel (several times as fast on a stage).
BAND_SAMPLES = 60_000
_ZERO = 128  # a colour plane's, and that of a difference of luma, which is at most 64 either way
_TWICE = np.uint16(0x0101)


def recolour(planes: Planes, conversion: Conversion) -> None:
    """In place; width and height are even. Saturates: a colour that BT.709 cannot hold stays at the edge instead of
    wrapping round."""
    y, u, v = planes
    rows = max(1, BAND_SAMPLES // u.shape[1])
    for top in range(0, u.shape[0], rows):
        bottom = min(top + rows, u.shape[0])
        _recolour_band((y[2 * top : 2 * bottom], u[top:bottom], v[top:bottom]), conversion)


def _recolour_band(planes: Planes, conversion: Conversion) -> None:
    y, u, v = planes
    if conversion.luma != 1:
        cv2.convertScaleAbs(y, dst=y, alpha=conversion.luma, beta=conversion.luma_offset)
    old_u, old_v = u.copy(), v.copy()
    change = _mixed(old_u, conversion.luma_from_u, old_v, conversion.luma_from_v)
    zero = np.full_like(change, _ZERO)
    brighter, darker = _doubled(cv2.subtract(change, zero)), _doubled(cv2.subtract(zero, change))
    for rows in (y[0::2], y[1::2]):
        cv2.add(rows, brighter, dst=rows)
        cv2.subtract(rows, darker, dst=rows)
    _mixed(old_u, conversion.u_from_u, old_v, conversion.u_from_v, into=u)
    _mixed(old_u, conversion.v_from_u, old_v, conversion.v_from_v, into=v)


def _mixed(u: Plane, from_u: float, v: Plane, from_v: float, into: Plane | None = None) -> Plane:
    """Weighted about zero, so that a colourless sample (128, 128) stays as it is."""
    return cast("Plane", cv2.addWeighted(u, from_u, v, from_v, _ZERO * (1 - from_u - from_v), dst=into))


def _doubled(half: cv2.typing.MatLike) -> Plane:
    """Every value twice, side by side: for the two luma columns of a colour sample."""
    return cast("Plane", np.multiply(half, _TWICE).view(np.uint8))
