"""Between samples a sound has the value it had before it was sampled."""

import numpy as np
import pytest

from mixer.audio.resampler import HISTORY, resample
from mixer.audio.samples import ONE
from tests.mixer_audio.sounds import RATE, decibels, rms


@pytest.mark.parametrize("ppm", [0, 3, 20, 100, -200, 3000])
@pytest.mark.parametrize(("frequency", "error_db"), [(100, -100), (1000, -80), (8000, -72), (16_000, -60)])
def test_a_tone_read_at_any_speed_is_the_tone(frequency: int, error_db: float, ppm: int) -> None:
    """The error against the true sine is below what a codec adds, at every speed a clock is followed with."""
    sound = np.sin(2 * np.pi * frequency * np.arange(2000) / RATE).astype(np.float32)[np.newaxis]
    start_q, step_q = HISTORY * ONE + ONE // 3, ONE + ONE * ppm // 1_000_000
    read = resample(sound, start_q, step_q, 1600)
    at = (start_q + np.arange(1600) * step_q) / ONE
    truth = np.sin(2 * np.pi * frequency * at / RATE)
    assert decibels(rms((read[0] - truth).astype(np.float32)) / rms(read)) < error_db


def test_full_speed_from_a_whole_sample_changes_nothing() -> None:
    """A clock as good as ours costs no quality at all."""
    sound = np.random.default_rng(4).standard_normal((2, 2000)).astype(np.float32)
    assert np.array_equal(resample(sound, 20 * ONE, ONE, 1600), sound[:, 20:1620])
