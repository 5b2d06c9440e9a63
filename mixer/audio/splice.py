"""Two sounds that never met, put together without a click."""

import numpy as np

from mixer.audio.samples import Samples

FADE = 192
"""Samples (4 ms)."""

_RISE: Samples = (0.5 - 0.5 * np.cos(np.pi * (np.arange(FADE) + 0.5) / FADE)).astype(np.float32)


def spliced(before: Samples, after: Samples) -> Samples:
    """`after`, (2, count), as it is to follow `before`, of which the last 4 ms count.

    It fades in, over the sound before it, which dies away mirrored: nothing of what lay between them is needed. Neither
    is changed.
    """
    count = min(FADE, before.shape[1], after.shape[1])
    joined = after.copy()
    joined[:, : min(FADE, after.shape[1])] *= _RISE[: after.shape[1]]
    if count:
        joined[:, :count] += before[:, : -count - 1 : -1] * (1.0 - _RISE[:count])
    return joined
