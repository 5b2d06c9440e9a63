"""Windowed-sinc kernels: the value of a sampled sound between its samples."""

import numpy as np
import numpy.typing as npt

Kernels = npt.NDArray[np.float64]

_KAISER_BETA = 8.0  # stop band about -80 dB


def sinc_kernels(taps: int, fractions: Kernels, cutoff: float) -> Kernels:
    """One kernel a row, for the point `fractions[row]` samples after the one that `kernel[taps // 2 - 1]` weighs.

    `cutoff` is relative to half the input's rate. Every row sums to 1, so a constant stays what it is.
    """
    centre = taps // 2 - 1 + fractions[:, np.newaxis]
    distance = np.arange(taps)[np.newaxis, :] - centre
    reach = np.clip(1.0 - (distance / (taps / 2)) ** 2, 0.0, None)
    kernels: Kernels = np.sinc(cutoff * distance) * np.i0(_KAISER_BETA * np.sqrt(reach))
    kernels /= kernels.sum(axis=1, keepdims=True)
    return kernels
