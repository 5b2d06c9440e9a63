"""What the generated participants say: one tone each, all the time, and once a second a beep of another pitch.

All pitches are multiples of `GRID_HZ`, so that over any window of 1 / GRID_HZ (25 ms) they are orthogonal: a reader
tells 64 of them apart in one mix. Neighbouring publication numbers are far apart in pitch.
"""

import numpy as np
from numpy.typing import NDArray

from signaling.rehearsal.rhythm import FLASH_NS, LOOP_SECONDS, SECOND_NS, phase_ns

GRID_HZ = 40
PITCHES = 64  # publication numbers with a pitch of their own: 0 to 63
TONE_LEVEL = 0.05  # amplitude, of full scale 1
BEEP_LEVEL = 0.10
_LOWEST_TONE_HZ = 320
_LOWEST_BEEP_HZ = 3_200
_RAMP_NS = 2_000_000

Samples = NDArray[np.float32]


def tone_hz(publication: int) -> int:
    return _LOWEST_TONE_HZ + GRID_HZ * _slot(publication)


def beep_hz(publication: int) -> int:
    return _LOWEST_BEEP_HZ + GRID_HZ * _slot(publication)


def draw_sound(publication: int, sample_rate: int, first: int, count: int, level: float = 1.0) -> Samples:
    """`count` samples, mono, from sample `first` of room time on (may be negative: the sound is periodic).

    Pitches above what `sample_rate` can carry are left out: at 8 kHz that is the beep of some publications.
    """
    index = np.arange(first, first + count, dtype=np.int64) % (LOOP_SECONDS * sample_rate)
    seconds = index / sample_rate
    sound = TONE_LEVEL * np.sin(2 * np.pi * tone_hz(publication) * seconds)
    if beep_hz(publication) < 0.45 * sample_rate:
        envelope = _beep_envelope(publication, sample_rate, index)
        sound += BEEP_LEVEL * envelope * np.sin(2 * np.pi * beep_hz(publication) * seconds)
    return (level * sound).astype(np.float32)


def _beep_envelope(publication: int, sample_rate: int, index: NDArray[np.int64]) -> NDArray[np.float64]:
    """1 while the picture flashes, with ramps whose middle is the instant of the flash."""
    onset = phase_ns(publication) * sample_rate // SECOND_NS
    ramp = _RAMP_NS * sample_rate // SECOND_NS
    length = FLASH_NS * sample_rate // SECOND_NS
    into = (index - onset + sample_rate // 2) % sample_rate - sample_rate // 2  # samples since the nearest onset
    return np.interp(into, (-ramp / 2, ramp / 2, length - ramp / 2, length + ramp / 2), (0.0, 1.0, 1.0, 0.0))


def _slot(publication: int) -> int:
    """Publication numbers spread over the pitches by reversing their bits. Raises ValueError above 63."""
    if not 0 <= publication < PITCHES:
        raise ValueError(f"publication number {publication} has no pitch of its own: use 0 to {PITCHES - 1}")
    return int(f"{publication:06b}"[::-1], 2)
