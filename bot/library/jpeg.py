"""A picture as a small file that every browser shows."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

QUALITY = 85


def as_jpeg(picture: NDArray[np.uint8], quality: int = QUALITY) -> bytes:
    """`picture` is BGR. Raises ValueError when it cannot be encoded."""
    written, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not written:
        raise ValueError(f"a picture of shape {picture.shape} cannot become a JPEG")
    encoded: Any = data
    return bytes(encoded.tobytes())
