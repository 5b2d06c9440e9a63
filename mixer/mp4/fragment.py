"""One fragment, moof and mdat (ISO/IEC 14496-12 §8.8): decodable on its own, given the head of the file."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mixer.mp4.box import HEADER, box, full_box
from mixer.mp4.sample import Sample

_DEFAULT_BASE_IS_MOOF = 0x020000
_DEFAULT_FLAGS = 0x20
_DATA_OFFSET, _FIRST_FLAGS, _DURATIONS, _SIZES, _SHIFTS = 0x1, 0x4, 0x100, 0x200, 0x800
_INDEPENDENT = 0x02000000  # depends on no other, is a sync sample
_DEPENDENT = 0x01010000  # depends on others, is none


@dataclass(frozen=True, slots=True)
class Run:
    """Samples of one track that follow each other, never empty. Only the first may be a keyframe, unless all are."""

    track_id: int
    samples: Sequence[Sample]

    @property
    def durations(self) -> list[int]:
        """Each sample lasts until the next; the last of the run for as long as it says itself."""
        times = [sample.dts for sample in self.samples]
        return [later - earlier for earlier, later in pairwise(times)] + [self.samples[-1].duration]

    @property
    def size(self) -> int:
        return sum(len(sample.data) for sample in self.samples)


def fragment(sequence: int, runs: Sequence[Run]) -> tuple[bytes, tuple[int, ...]]:
    """The fragment's bytes, and for each run where its samples begin in them. `sequence` counts from 1."""
    first = len(_moof(sequence, runs, [0] * len(runs))) + HEADER
    offsets = [first + sum(run.size for run in runs[:index]) for index in range(len(runs))]
    data = [sample.data for run in runs for sample in run.samples]
    return _moof(sequence, runs, offsets) + box(b"mdat", *data), tuple(offsets)


def _moof(sequence: int, runs: Sequence[Run], offsets: Sequence[int]) -> bytes:
    header = full_box(b"mfhd", 0, 0, struct.pack(">I", sequence))
    return box(b"moof", header, *(_traf(run, offset) for run, offset in zip(runs, offsets, strict=True)))


def _traf(run: Run, offset: int) -> bytes:
    samples = run.samples
    rest = _INDEPENDENT if samples[-1].keyframe else _DEPENDENT
    return box(
        b"traf",
        full_box(b"tfhd", 0, _DEFAULT_BASE_IS_MOOF | _DEFAULT_FLAGS, struct.pack(">II", run.track_id, rest)),
        full_box(b"tfdt", 1, 0, struct.pack(">Q", samples[0].dts)),
        _trun(run, offset),
    )


def _trun(run: Run, offset: int) -> bytes:
    samples = run.samples
    flags = _DATA_OFFSET | _FIRST_FLAGS | _DURATIONS | _SIZES
    columns: list[Sequence[int]] = [run.durations, [len(sample.data) for sample in samples]]
    layout = "II"
    if any(sample.shift for sample in samples):
        flags |= _SHIFTS
        columns.append([sample.shift for sample in samples])
        layout = "IIi"
    first = _INDEPENDENT if samples[0].keyframe else _DEPENDENT
    rows = [value for row in zip(*columns, strict=True) for value in row]
    return full_box(b"trun", 1, flags, struct.pack(f">IiI{layout * len(samples)}", len(samples), offset, first, *rows))
