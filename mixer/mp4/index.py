"""Where every sample of a file lies and when it is shown: what a seekable file's tables are made of.

Kept while a file is written, or gathered again from its fragments. 24 hours at 30 fps are about 40 MB.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, groupby
from operator import add

from mixer.mp4.fragment import Run


def _numbers(code: str) -> "array[int]":
    return array(code)


@dataclass(slots=True)
class TrackIndex:
    """One track. A chunk is its run in one fragment: samples that lie together. Times in the track's timescale."""

    sizes: "array[int]" = field(default_factory=lambda: _numbers("I"))
    shifts: "array[int]" = field(default_factory=lambda: _numbers("i"))
    sync_starts: "array[int]" = field(default_factory=lambda: _numbers("I"))  # number, from 1, of a keyframe, and ...
    sync_counts: "array[int]" = field(default_factory=lambda: _numbers("I"))  # ... how many in a row are ones
    duration_counts: "array[int]" = field(default_factory=lambda: _numbers("I"))  # how many samples last ...
    durations: "array[int]" = field(default_factory=lambda: _numbers("I"))  # ... how long
    chunk_offsets: "array[int]" = field(default_factory=lambda: _numbers("Q"))
    chunk_lengths: "array[int]" = field(default_factory=lambda: _numbers("I"))  # samples
    start: int = 0  # decoding time of the first sample
    end: int = 0  # and of the end of the last
    shown_end: int = 0  # when the picture shown last ends; later than `end` where pictures are reordered

    def append(
        self,
        offset: int,
        dts: int,
        *,
        sizes: Sequence[int],
        durations: Sequence[int],
        shifts: Sequence[int],
        sync: Sequence[bool],
    ) -> None:
        """One more chunk, at byte `offset` of the file. Time it skips is given to the sample before it."""
        if not self.sizes:
            self.start = self.end = dts
        elif dts > self.end:
            self._stretch(dts - self.end)
        self._mark(sync)
        self.sizes.extend(sizes)
        self.shifts.extend(shifts)
        ends = accumulate(durations, initial=self.end)
        next(ends)
        self.shown_end = max(self.shown_end, *map(add, ends, shifts))
        for duration, equal in groupby(durations):
            self._lasts(duration, len(list(equal)))
        self.chunk_offsets.append(offset)
        self.chunk_lengths.append(len(sizes))

    def _mark(self, sync: Sequence[bool]) -> None:
        number = len(self.sizes) + 1
        for keyframe, equal in groupby(sync):
            count = len(list(equal))
            if keyframe and self.sync_starts and self.sync_starts[-1] + self.sync_counts[-1] == number:
                self.sync_counts[-1] += count
            elif keyframe:
                self.sync_starts.append(number)
                self.sync_counts.append(count)
            number += count

    def _lasts(self, duration: int, count: int) -> None:
        self.end += duration * count
        if self.durations and self.durations[-1] == duration:
            self.duration_counts[-1] += count
        else:
            self.durations.append(duration)
            self.duration_counts.append(count)

    def _stretch(self, time: int) -> None:
        """The last sample lasts `time` longer."""
        last = self.durations[-1]
        self.duration_counts[-1] -= 1
        if not self.duration_counts[-1]:
            self.durations.pop()
            self.duration_counts.pop()
        self.end -= last
        self._lasts(last + time, 1)


@dataclass(slots=True)
class Index:
    """`end`: how many bytes of the file the head and the whole fragments take."""

    tracks: Mapping[int, TrackIndex]
    end: int
    fragments: int = 0

    def append(self, size: int, runs: Sequence[Run], offsets: Sequence[int]) -> None:
        """One more fragment of `size` bytes at the end of the file, its runs `offsets` into it."""
        for run, offset in zip(runs, offsets, strict=True):
            samples = run.samples
            self.tracks[run.track_id].append(
                self.end + offset,
                samples[0].dts,
                sizes=[len(sample.data) for sample in samples],
                durations=run.durations,
                shifts=[sample.shift for sample in samples],
                sync=[sample.keyframe for sample in samples],
            )
        self.end += size
        self.fragments += 1
