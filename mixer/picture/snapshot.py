"""A picture of the mix for people to look at while it is made: small, and in the colours of a screen."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mixer.decode.picture import Planes

LEAST_WIDTH = 16

# Y'CbCr to B'G'R' by BT.709, limited range (Rec. ITU-R BT.709-6 section 3).
_KR, _KB = 0.2126, 0.0722
_KG = 1 - _KR - _KB
_LUMA, _CHROMA = 255 / 219, 255 / 112
_BLUE, _RED = _CHROMA * (1 - _KB), _CHROMA * (1 - _KR)
_MATRIX = np.array(
    [
        [_LUMA, _BLUE, 0.0],
        [_LUMA, -_BLUE * _KB / _KG, -_RED * _KR / _KG],
        [_LUMA, 0.0, _RED],
    ]
)
_TO_BGR = np.hstack([_MATRIX, -_MATRIX @ np.array([[16.0], [128.0], [128.0]])])


def shrunk(planes: Planes, width: int) -> NDArray[np.uint8]:
    """(height, width, 3) in Y'CbCr: a copy. `width` is kept between 16 and that of the picture."""
    lines, columns = planes[0].shape
    width = max(LEAST_WIDTH, min(width, columns))
    size = (width, max(1, round(width * lines / columns)))
    return cv2.merge([cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in planes])  # type: ignore[return-value]


def as_bgr(ycbcr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.transform(ycbcr, _TO_BGR)  # type: ignore[return-value]
