"""Keeps the mix below full scale, and leaves it alone where it is."""

import numpy as np
import numpy.typing as npt

from mixer.audio.samples import SAMPLE_RATE, Samples

LOOK_AHEAD = 240
"""Samples (5 ms) the sound is held back, so that the gain is down before a peak comes."""

THRESHOLD = float(10.0 ** (-1.0 / 20.0))  # -1 dBFS: room for what AAC adds to peaks
_RELEASE = 12.0 / SAMPLE_RATE  # dB a sample: slow, so that one voice's gain does not follow its own waveform
_WINDOW = LOOK_AHEAD + 1

_Decibels = npt.NDArray[np.float64]


class Limiter:
    """Blocks in, blocks of the same length out, LOOK_AHEAD samples late. Both channels get the same gain.

    The gain wanted at a sample is what brings it down to the threshold. The lowest wanted within the look-ahead, let
    rise no faster than the release and averaged over as many samples again, is smooth and never above what is wanted.
    Sound that stays below the threshold comes out bit for bit.
    """

    def __init__(self) -> None:
        self._held = np.zeros((2, LOOK_AHEAD), np.float32)
        self._wanted: _Decibels = np.zeros(LOOK_AHEAD)  # of the held samples
        self._lowest: _Decibels = np.zeros(LOOK_AHEAD)  # of the samples before them
        self._resting = True
        self._silent = LOOK_AHEAD  # of the samples held last, so many at least
        self.limited_samples = 0

    @property
    def is_silent(self) -> bool:
        """Silence put in now comes out at once, and need not be put in."""
        return self._silent >= LOOK_AHEAD and self._resting

    def process(self, block: Samples) -> Samples:
        """`block`: (2, count), any count; not kept, not changed."""
        count = block.shape[1]
        joined = np.concatenate((self._held, block), axis=1)
        self._held = joined[:, count:].copy()
        peak = max(float(block.max(initial=0.0)), -float(block.min(initial=0.0)))
        self._silent = self._silent + count if peak == 0.0 else 0
        out = joined[:, :count]
        if self._resting and peak <= THRESHOLD:
            return out
        gain = self._gain(block)
        self.limited_samples += int(np.count_nonzero(gain < 1.0))
        return out * gain

    def _gain(self, block: Samples) -> Samples:
        count = block.shape[1]
        peaks = np.abs(block).max(axis=0)
        fresh = -20.0 * np.log10(np.maximum(peaks / THRESHOLD, 1.0), dtype=np.float64)
        wanted = np.concatenate((self._wanted, fresh))
        lowest = np.concatenate((self._lowest, _release(_lowest_ahead(wanted), self._lowest[-1])))
        self._wanted, self._lowest = wanted[count:], lowest[count:]
        self._resting = not (self._wanted.any() or self._lowest.any())
        return np.power(10.0, _average(lowest) / 20.0).astype(np.float32)


def _lowest_ahead(wanted: _Decibels) -> _Decibels:
    """For each sample the lowest of it and the LOOK_AHEAD after it, by doubling windows."""
    width, lowest = 1, wanted
    while 2 * width <= _WINDOW:
        lowest = np.minimum(lowest[:-width], lowest[width:])
        width *= 2
    rest = _WINDOW - width
    return np.minimum(lowest[: len(lowest) - rest], lowest[rest:])


def _release(lowest: _Decibels, before: float) -> _Decibels:
    """Let the gain rise by no more than the release a sample, beginning from `before`."""
    slope = _RELEASE * np.arange(len(lowest))
    falling = lowest - slope
    falling[:1] = np.minimum(falling[:1], before + _RELEASE)
    released: _Decibels = np.minimum(np.minimum.accumulate(falling) + slope, 0.0)
    return released


def _average(lowest: _Decibels) -> _Decibels:
    """Mean of each sample and the LOOK_AHEAD before it; exactly zero where all of them are."""
    total = np.cumsum(np.concatenate(([0.0], lowest)))
    mean: _Decibels = (total[_WINDOW:] - total[:-_WINDOW]) / _WINDOW
    return np.where(mean > -1e-9, 0.0, mean)
