"""The picture that stands for a recording in lists."""

import itertools
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from bot.errors import NotARecording
from bot.library.jpeg import as_jpeg

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
        with av.open(str(recording)) as container:
            track = container.streams.video[0]
            track.codec_context.skip_frame = "NONKEY"
            frames = itertools.islice(container.decode(track), CANDIDATES)
            pictures = [_small(frame) for frame in frames]
            return as_jpeg(max(pictures, key=fullness))
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise NotARecording(f"There is no picture to be had from {recording}: {error}.") from error


def _small(frame: av.VideoFrame) -> Picture:
    width = min(WIDTH, frame.width)
    small = frame.reformat(width=width, height=frame.height * width // frame.width)
    return np.asarray(small.to_ndarray(format="bgr24"), np.uint8)
