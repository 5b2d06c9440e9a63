"""Reads a sound at any position and at a speed close to 1: how a sender's clock is followed without a click.

The phase between samples moves by a fraction of a sample over a whole block. So a kernel is looked up for the middle of
it, with its first and second derivative by phase, and every sample is the parabola through that: three SIMD
convolutions for a whole block instead of a kernel for every sample. At larger drift a block would be cut into many such
pieces, and a kernel for every sample costs less.
"""

from functools import lru_cache

import cv2
import numpy as np

from mixer.audio.samples import FRACTION_BITS, ONE, Samples
from mixer.audio.sinc import sinc_kernels

TAPS = 32
HISTORY = TAPS // 2  # samples needed before the one that is read: half the taps, for a phase that crosses a sample too
FUTURE = TAPS // 2 + 1  # samples needed after it

_PHASES = 256  # kernels tabulated a sample; the parabola covers what is in between
_LONGEST_TURN_Q = ONE // 6  # phase movement of one piece; the error is below -70 dB at 8 kHz, -90 dB at the usual drift
_MOST_PIECES = 4
_FINE_PHASES = 2048  # kernels tabulated a sample where nothing is in between; the error is below -76 dB at 8 kHz
_LINEAR_TURN = 0.04  # below this (25 ppm in a block of 1600) the second derivative adds less than -85 dB at 4 kHz


def _tables() -> tuple[Samples, Samples, Samples]:
    """Kernels for every phase in [0, 1], their slopes, and half their curvatures."""
    step = 1e-3
    phases = np.arange(_PHASES + 1) / _PHASES
    before, at, after = (sinc_kernels(TAPS, phases + move, cutoff=1.0) for move in (-step, 0.0, step))
    slope, curvature = (after - before) / (2 * step), (after - 2 * at + before) / step**2
    return at.astype(np.float32), slope.astype(np.float32), (curvature / 2).astype(np.float32)


_KERNELS, _SLOPES, _CURVES = _tables()
_FINE_KERNELS = sinc_kernels(TAPS, np.arange(_FINE_PHASES + 1) / _FINE_PHASES, cutoff=1.0).astype(np.float32)


def resample(sound: Samples, start_q: int, step_q: int, count: int) -> Samples:
    """`count` samples of `sound` from position `start_q` on, `step_q` apart.

    Positions count from the start of `sound`, which must reach from HISTORY before to FUTURE after what is read.
    At exactly full speed from a whole position the samples come out bit for bit; they may be a view of `sound`.
    """
    drift_q = step_q - ONE
    longest = count if drift_q == 0 else max(1, _LONGEST_TURN_Q // abs(drift_q))
    if count <= longest:
        return _piece(sound, start_q, drift_q, count)
    if count > _MOST_PIECES * longest:
        return _gathered(sound, start_q, step_q, count)
    pieces = [
        _piece(sound, start_q + done * step_q, drift_q, min(longest, count - done)) for done in range(0, count, longest)
    ]
    return np.concatenate(pieces, axis=1)


def _gathered(sound: Samples, start_q: int, step_q: int, count: int) -> Samples:
    """A kernel for every sample."""
    positions_q = start_q + step_q * np.arange(count, dtype=np.int64)
    begins = (positions_q >> FRACTION_BITS) - (TAPS // 2 - 1)
    rows = ((positions_q & (ONE - 1)) * _FINE_PHASES + ONE // 2) >> FRACTION_BITS
    windows = np.lib.stride_tricks.sliding_window_view(sound, TAPS, axis=1)[:, begins]
    return np.asarray(np.einsum("cnt,nt->cn", windows, _FINE_KERNELS[rows]), np.float32)


def _piece(sound: Samples, start_q: int, drift_q: int, count: int) -> Samples:
    turn_q = count * drift_q
    base = (start_q + turn_q // 2) >> FRACTION_BITS
    phase_q = start_q - (base << FRACTION_BITS)
    if phase_q == 0 and drift_q == 0:
        return sound[:, base : base + count]
    begin = base - (TAPS // 2 - 1)
    window = sound[:, begin : begin + count + TAPS - 1]
    row = ((phase_q + turn_q // 2) * _PHASES + ONE // 2) >> FRACTION_BITS
    offset = phase_q / ONE - row / _PHASES
    if drift_q == 0:
        return _convolve(window, _KERNELS[row] + np.float32(offset) * _SLOPES[row], count)
    ramp = _ramp(count) * np.float32(turn_q / ONE)
    ramp += np.float32(offset)
    if abs(turn_q) < _LINEAR_TURN * ONE:
        out = _convolve(window, _SLOPES[row], count)
    else:
        out = _convolve(window, _CURVES[row], count)
        out *= ramp
        out += _convolve(window, _SLOPES[row], count)
    out *= ramp
    out += _convolve(window, _KERNELS[row], count)
    return out


def _convolve(window: Samples, kernel: Samples, count: int) -> Samples:
    return np.asarray(cv2.filter2D(window, -1, kernel[np.newaxis], anchor=(0, 0)), np.float32)[:, :count]


@lru_cache(maxsize=64)
def _ramp(count: int) -> Samples:
    ramp = (np.arange(count) / count).astype(np.float32)
    ramp.setflags(write=False)
    return ramp
