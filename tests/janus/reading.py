"""Reads a recording back: whose colour is where in the picture, and whose tone is in the sound."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tests.janus.cast import Role

# A flat colour goes through two lossy encoders and two colour matrices; the cast's colours are 150 apart at least.
NEAR = 60.0
# Of the picture: smaller patches are noise or the edge of something else.
SMALLEST = 0.002
# Of the sound's energy within a quarter of a second, when four tones of equal strength may be there at once.
AUDIBLE = 0.02


@dataclass(frozen=True)
class Patch:
    """Where one colour is, in shares of the picture's width and height. `area` is the share of pixels that have it."""

    left: float
    top: float
    right: float
    bottom: float
    area: float

    def overlaps(self, other: "Patch") -> bool:
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)


def read_pictures(path: Path, cast: tuple[Role, ...], every_s: float = 0.5) -> dict[float, dict[str, Patch]]:
    """By time in the file, who is seen where."""
    seen: dict[float, dict[str, Patch]] = {}
    due = 0.0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            assert frame.time is not None
            if frame.time >= due:
                seen[frame.time] = _patches(frame.reformat(480, 270, "rgb24").to_ndarray().astype(np.float64), cast)
                due = frame.time + every_s
    return seen


def read_tones(path: Path, cast: tuple[Role, ...], step_s: float = 0.25) -> dict[float, set[str]]:
    """By time in the file, who is heard."""
    with av.open(str(path)) as container:
        rate = container.streams.audio[0].rate
        blocks = [frame.to_ndarray().astype(np.float64) for frame in container.decode(audio=0)]
    sound = np.concatenate(blocks, axis=1).mean(axis=0)
    size = int(step_s * rate)
    starts = range(0, len(sound) - size, size)
    return {start / rate: _tones(sound[start : start + size], rate, cast) for start in starts}


def _patches(picture: NDArray[np.float64], cast: tuple[Role, ...]) -> dict[str, Patch]:
    height, width, _ = picture.shape
    found = {}
    for role in cast:
        distance = np.linalg.norm(picture - np.array(role.colour), axis=2)
        rows, columns = np.nonzero(distance < NEAR)
        if len(rows) >= SMALLEST * width * height:
            # The outermost hundredth is left out: a blurred edge may have somebody else's colour.
            left, right = np.quantile(columns, (0.01, 0.99)) / width
            top, bottom = np.quantile(rows, (0.01, 0.99)) / height
            found[role.name] = Patch(left, top, right, bottom, len(rows) / (width * height))
    return found


def _tones(block: NDArray[np.float64], rate: int, cast: tuple[Role, ...]) -> set[str]:
    power = np.abs(np.fft.rfft(block * np.hanning(len(block)))) ** 2
    total = power.sum()
    if total < 1e-3:
        return set()
    width = rate / len(block)
    audible = set()
    for role in cast:
        if role.tone is not None:
            middle = round(role.tone / width)
            if power[middle - 3 : middle + 4].sum() / total > AUDIBLE:
                audible.add(role.name)
    return audible
