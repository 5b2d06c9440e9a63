"""Reads a sound at any position and at a speed close to 1: how a sender's clock is followed without a click.

Within a piece in which the phase moves less than a quarter sample, the kernel is a parabola through its values at both
ends and in the middle; so a whole piece costs three SIMD convolutions instead of a kernel for every sample. The error
is below -70 dB at 8 kHz at the worst phase movement, and below -110 dB at the few ppm that real clocks differ by.
"""

from functools import lru_cache

import cv2
import numpy as np

from mixer.audio.samples import FRACTION_BITS, ONE, Samples
from mixer.audio.sinc import sinc_kernels

TAPS = 32
HISTORY = TAPS // 2 - 1  # samples needed before the one that is read
FUTURE = TAPS // 2 + 1  # samples needed after it: half the taps, and one for a phase that crosses a sample

_PHASES = 512  # kernels tabulated a sample; in between they are interpolated linearly (error -106 dB)
_MARGIN = 0.25  # the table goes this far beyond [0, 1)
_TABLE = sinc_kernels(
    TAPS, (np.arange(round((1 + 2 * _MARGIN) * _PHASES) + 1) / _PHASES - _MARGIN).astype(np.float32), cutoff=1.0
)
_PIECE_PHASE_Q = ONE // 4


def resample(sound: Samples, start_q: int, step_q: int, count: int) -> Samples:
    """`count` samples of `sound` from position `start_q` on, `step_q` apart.

    Positions count from the start of `sound`, which must reach from HISTORY before to FUTURE after what is read.
    At exactly full speed from a whole position the samples come out bit for bit.
    """
    out = np.empty((sound.shape[0], count), np.float32)
    drift_q = step_q - ONE
    longest = count if drift_q == 0 else max(1, _PIECE_PHASE_Q // abs(drift_q))
    done = 0
    while done < count:
        length = min(longest, count - done)
        _read_piece(sound, start_q + done * step_q, drift_q, out[:, done : done + length])
        done += length
    return out


def _read_piece(sound: Samples, start_q: int, drift_q: int, out: Samples) -> None:
    count = out.shape[1]
    turn_q = count * drift_q
    base = (start_q + turn_q // 2) >> FRACTION_BITS
    phase_q = start_q - (base << FRACTION_BITS)
    if phase_q == 0 and drift_q == 0:
        out[:] = sound[:, base : base + count]
        return
    window = sound[:, base - HISTORY : base - HISTORY + count + TAPS - 1]
    first = _kernel(phase_q / ONE)
    if drift_q == 0:
        out[:] = _convolve(window, first, count)
        return
    middle, last = _kernel((phase_q + turn_q / 2) / ONE), _kernel((phase_q + turn_q) / ONE)
    ramp = _ramp(count)
    np.multiply(_convolve(window, 2.0 * first - 4.0 * middle + 2.0 * last, count), ramp, out=out)
    out += _convolve(window, 4.0 * middle - 3.0 * first - last, count)
    out *= ramp
    out += _convolve(window, first, count)


def _kernel(phase: float) -> Samples:
    row, fraction = divmod((phase + _MARGIN) * _PHASES, 1.0)
    below = _TABLE[int(row)]
    kernel: Samples = below + np.float32(fraction) * (_TABLE[int(row) + 1] - below)
    return kernel[np.newaxis]


def _convolve(window: Samples, kernel: Samples, count: int) -> Samples:
    filtered: Samples = cv2.filter2D(window, -1, kernel, anchor=(0, 0))
    return filtered[:, :count]


@lru_cache(maxsize=64)
def _ramp(count: int) -> Samples:
    ramp = (np.arange(count) / count).astype(np.float32)
    ramp.setflags(write=False)
    return ramp
