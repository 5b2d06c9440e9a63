"""A conversion of colours, done on planes."""

from typing import cast

import cv2
import numpy as np

from mixer.decode.colour import Conversion
from mixer.decode.picture import Plane, Planes

# Samples of a colour plane worked on at a time: what lies between stays in the cache, and below the size from which
# every allocation is a call to the kernel (several times as fast on a stage).
BAND_SAMPLES = 40_000


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
    by_u, by_v = conversion.luma_from_u, conversion.luma_from_v
    zero = -128 * (by_u + by_v)
    brighter = _doubled(_weighted(u, by_u, v, by_v, zero), y.shape[1])
    darker = _doubled(_weighted(u, -by_u, v, -by_v, -zero), y.shape[1])
    if conversion.luma != 1:
        cv2.convertScaleAbs(y, dst=y, alpha=conversion.luma, beta=conversion.luma_offset)
    for rows in (y[0::2], y[1::2]):
        cv2.add(rows, brighter, dst=rows)
        cv2.subtract(rows, darker, dst=rows)
    new_u = _weighted(u, conversion.u_from_u, v, conversion.u_from_v, _zero(conversion.u_from_u, conversion.u_from_v))
    new_v = _weighted(u, conversion.v_from_u, v, conversion.v_from_v, _zero(conversion.v_from_u, conversion.v_from_v))
    np.copyto(u, new_u)
    np.copyto(v, new_v)


def _weighted(one: Plane, factor: float, other: Plane, other_factor: float, offset: float) -> Plane:
    return cast("Plane", cv2.addWeighted(one, factor, other, other_factor, offset))


def _zero(one: float, other: float) -> float:
    """Offset that leaves a colourless pixel (128, 128) as it is."""
    return 128 * (1 - one - other)


def _doubled(half: Plane, width: int) -> Plane:
    """Every value twice, side by side: for the two luma columns of a colour sample."""
    return cast("Plane", cv2.merge((half, half)).reshape(half.shape[0], width))
