"""A picture as a small file that every browser shows."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

QUALITY = 85


def as_jpeg(picture: NDArray[np.uint8], quality: int = QUALITY) -> bytes:
    """`picture` is BGR. Raises ValueError when it cannot be encoded."""
    return _encoded(picture, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])


def as_png(picture: NDArray[np.uint8]) -> bytes:
    """As `as_jpeg`, without loss."""
    return _encoded(picture, ".png", [])


def _encoded(picture: NDArray[np.uint8], suffix: str, options: list[int]) -> bytes:
    written, data = cv2.imencode(suffix, picture, options)
    if not written:
        raise ValueError(f"a picture of shape {picture.shape} cannot become a {suffix} file")
    encoded: Any = data
    return bytes(encoded.tobytes())
