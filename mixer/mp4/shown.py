"""When the samples of one track are shown."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

# Of one track: a week at 25 pictures or blocks of sound a second, or more. A file of a hundred bytes can claim 2^32.
MOST_SAMPLES = 1 << 24

_MOST_REORDERED = 16  # pictures: the most that H.264 allows


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry a sample, in decoding order, in the track's timescale."""

    decoded: Numbers
    durations: Numbers
    shifts: Numbers

    @property
    def usual(self) -> int:
        """What most samples last."""
        return int(np.median(self.durations)) if len(self.durations) else 0

    def starts(self, media_start: int) -> Numbers:
        """When each is shown, earliest first; 0 is `media_start`."""
        return np.sort(self.decoded + self.shifts) - media_start

    def end(self, media_start: int) -> int:
        if not len(self.decoded):
            return 0
        return int((self.decoded + self.shifts + self.durations).max()) - media_start

    def longest_gap(self, media_start: int, late: int = 0) -> int:
        """The longest time in which nothing new is shown though the one before has lasted as long as most do. The time
        before the first sample counts, `late` added, unless it is so short that it comes from reordering."""
        starts = self.starts(media_start)
        if not len(starts):
            return 0
        between = np.diff(starts) - self.usual
        begin = int(starts[0]) + late
        return max(int(between.max(initial=0)), begin if begin > _MOST_REORDERED * self.usual else 0)


def joined(runs: list[Shown]) -> Shown:
    nothing = np.zeros(0, np.int64)
    return Shown(
        np.concatenate([nothing, *(run.decoded for run in runs)]),
        np.concatenate([nothing, *(run.durations for run in runs)]),
        np.concatenate([nothing, *(run.shifts for run in runs)]),
    )
