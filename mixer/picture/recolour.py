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
_ZEROS = np.full(BAND_SAMPLES, _ZERO, np.uint8)
_TWICE = np.uint16(0x0101)


def recolour(planes: Planes, conversion: Conversion, into: Planes) -> None:
    """From `planes` to `into`, which may be the same; width and height are even. Saturates: a colour that BT.709 cannot
    hold stays at the edge instead of wrapping round."""
    across, down = planes[1].shape[1], planes[1].shape[0]
    rows = max(1, BAND_SAMPLES // across)
    for top in range(0, down, rows):
        bottom = min(top + rows, down)
        _recolour_band(_band(planes, top, bottom), conversion, _band(into, top, bottom))


def _band(planes: Planes, top: int, bottom: int) -> Planes:
    y, u, v = planes
    return y[2 * top : 2 * bottom], u[top:bottom], v[top:bottom]


def _recolour_band(planes: Planes, conversion: Conversion, into: Planes) -> None:
    y, u, v = planes
    if conversion.luma != 1:
        cv2.convertScaleAbs(y, dst=into[0], alpha=conversion.luma, beta=conversion.luma_offset)
        y = into[0]
    if np.may_share_memory(into[1], u):
        u, v = u.copy(), v.copy()
    change = _mixed(u, conversion.luma_from_u, v, conversion.luma_from_v)
    zero = _ZEROS[: u.size].reshape(u.shape)
    half = np.empty((2, *u.shape), np.uint8)
    cv2.subtract(change, zero, dst=half[0])
    cv2.subtract(zero, change, dst=half[1])
    brighter, darker = _doubled(half)
    for first in (0, 1):
        rows = into[0][first::2]
        cv2.add(y[first::2], brighter, dst=rows)
        cv2.subtract(rows, darker, dst=rows)
    _mixed(u, conversion.u_from_u, v, conversion.u_from_v, into=into[1])
    _mixed(u, conversion.v_from_u, v, conversion.v_from_v, into=into[2])


def _mixed(u: Plane, from_u: float, v: Plane, from_v: float, into: Plane | None = None) -> Plane:
    """Weighted about zero, so that a colourless sample (128, 128) stays as it is."""
    return cast("Plane", cv2.addWeighted(u, from_u, v, from_v, _ZERO * (1 - from_u - from_v), dst=into))


def _doubled(half: Plane) -> Plane:
    """Every value twice, side by side: for the two luma columns of a colour sample."""
    return np.multiply(half, _TWICE).view(np.uint8)
