"""The picture that stands for a recording in lists."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.errors import NotARecording
from bot.library.companions.stills import Stills
from bot.library.image import as_jpeg
from mixer.errors import UnreadableFile
from mixer.mp4.opened import OpenedFile

POSTER_FILE = "poster.jpg"
WIDTH = 640
CANDIDATES = 8  # keyframes from the beginning of a file

Picture = NDArray[np.uint8]


def fullness(picture: Picture) -> float:
    """How much there is to see: 0 for a plain area."""
    grey = picture[::2, ::2].mean(axis=2)
    across, down = np.abs(np.diff(grey, axis=1)).mean(), np.abs(np.diff(grey, axis=0)).mean()
    return float(grey.std() * (1.0 + across + down))


def poster_of(recording: Path) -> bytes:
    """JPEG of the fullest of the first seconds' pictures. Raises NotARecording."""
    try:
        with OpenedFile(recording) as opened:
            stills = Stills(opened)
            pictures = list(stills.first(CANDIDATES, min(WIDTH, stills.width)))
            return as_jpeg(max(pictures, key=fullness))
    except (OSError, UnreadableFile, ValueError) as error:
        raise NotARecording(f"There is no picture to be had from {recording}: {error}.") from error
