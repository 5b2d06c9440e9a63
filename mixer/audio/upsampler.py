"""Telephone sound (8 or 16 kHz) to 48 kHz: a whole-number factor, one kernel for each sample in between."""

import numpy as np

from mixer.audio.samples import SAMPLE_RATE, Samples
from mixer.audio.sinc import sinc_kernels

_TAPS = 32
_CUTOFF = 0.97  # G.711 and G.722 carry nothing there, and their mirror image begins above it


class Upsampler:
    """Keeps the last input samples, so that blocks join. The sound comes out `delay` samples of 48 kHz late."""

    def __init__(self, rate: int) -> None:
        """`rate` divides 48 kHz."""
        self._factor = SAMPLE_RATE // rate
        fractions = np.arange(self._factor) / self._factor
        self._kernels = sinc_kernels(_TAPS, fractions, _CUTOFF)[:, ::-1].astype(np.float32)
        self._history = np.zeros(_TAPS - 1, np.float32)
        self.delay = _TAPS // 2 * self._factor

    def process(self, sound: Samples) -> Samples:
        """One channel in, one channel out, `factor` times as many samples."""
        joined = np.concatenate((self._history, sound[0]))
        out = np.empty((1, sound.shape[1] * self._factor), np.float32)
        for phase, kernel in enumerate(self._kernels):
            out[0, phase :: self._factor] = np.convolve(joined, kernel, "valid")
        self._history = joined[len(joined) - (_TAPS - 1) :]
        return out
