"""Loudness: as a mean square where it is computed, in dB below full scale where it is told."""

import math

from mixer.audio.samples import Samples


def mean_square(block: Samples) -> float:
    """Over all channels; full scale 1.0. A full-scale sine has 0.5."""
    flat = block.reshape(-1)
    return float(flat.dot(flat)) / flat.size


def decibels(power: float) -> float:
    """dBFS of a mean square above 0."""
    return 10.0 * math.log10(power)
