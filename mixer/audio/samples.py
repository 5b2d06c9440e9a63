"""Where in the mix a moment is: sound is counted in samples of 48 kHz since the recording began, in whole numbers."""

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 48_000
NS_PER_SECOND = 1_000_000_000

Samples = npt.NDArray[np.float32]
"""float32, shape (channels, count), full scale ±1.0 (decoders may go a little beyond)."""

FRACTION_BITS = 32
ONE = 1 << FRACTION_BITS
"""One sample, in the fixed-point numbers (`*_q`) for positions between samples: exact after any number of hours."""


def position_q(pts_ns: int) -> int:
    """Nanoseconds since the recording began to fixed-point samples, rounded down by less than 2^-32 sample."""
    return ((pts_ns * SAMPLE_RATE) << FRACTION_BITS) // NS_PER_SECOND


def rounded(value_q: int) -> int:
    """The nearest whole sample."""
    return (value_q + ONE // 2) >> FRACTION_BITS
