"""Finds single samples of a track by its tables, without going through the others."""

import struct
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mixer.errors import UnreadableFile
from mixer.mp4.shown import Numbers
from mixer.mp4.table_reader import chunks, row_view, size_view
from mixer.mp4.track import Track

_NS = 1_000_000_000
_MOST_REORDERED = 16  # pictures: the most that H.264 allows


class Lookup:
    """Samples are numbered from 0. Keeps views of the tables and some 10 MB of sums for a day of recording."""

    def __init__(self, track: Track, table: memoryview, late_ns: int, size: int) -> None:
        """`table` is the track's stbl payload, `late_ns` how long after time 0 the track begins, `size` that of the
        file. Raises UnreadableFile when the tables contradict each other, or name what the file is too short for."""
        self.track = track
        self._late_ns = late_ns
        self._table = table
        try:
            self._sizes = size_view(table)
            self._offsets, lengths = chunks(table)
            self._chunk_ends = np.cumsum(lengths)
            self._times(row_view(table, b"stts", 2))
            keyframes = row_view(table, b"stss", 1)[:, 0]
            chunk_bytes = self._chunk_bytes()
        except (struct.error, ValueError, IndexError) as error:
            raise UnreadableFile("its sample tables are damaged") from error
        self.count = len(self._sizes)
        self.keyframes: NDArray[np.integer] | None = keyframes if len(keyframes) else None  # from 1; None: all are
        if not self._agree(lengths):
            raise UnreadableFile("its sample tables contradict each other")
        if missing := int((self._offsets + chunk_bytes > size).sum()):
            raise UnreadableFile(f"it is cut off: {missing} of the pieces of media it lists are missing")

    def _times(self, rows: NDArray[np.integer]) -> None:
        """Where each run of equally long samples begins: its number, its time."""
        counts = rows[:, 0].astype(np.int64)
        self._lasting = rows[:, 1].astype(np.int64)
        self._run_ends = np.cumsum(counts)
        self._run_times = np.cumsum(counts * self._lasting)

    def _chunk_bytes(self) -> Numbers:
        if not len(self._sizes) or not len(self._chunk_ends):
            return np.zeros(0, np.int64)
        firsts = np.concatenate(([0], self._chunk_ends[:-1]))
        return np.add.reduceat(self._sizes, firsts, dtype=np.int64)

    def _agree(self, lengths: Numbers) -> bool:
        listed = [int(ends[-1]) if len(ends) else 0 for ends in (self._run_ends, self._chunk_ends)]
        numbers = self.keyframes
        in_order = numbers is None or bool(numbers[0] >= 1 and numbers[-1] <= self.count)
        return listed == [self.count, self.count] and bool((lengths > 0).all()) and in_order

    @cached_property
    def _shifts(self) -> tuple[Numbers, NDArray[np.integer]]:
        rows = row_view(self._table, b"ctts", 2, ">i4")
        return np.cumsum(rows[:, 0], dtype=np.int64), rows[:, 1]

    @property
    def end_ns(self) -> int:
        """When the last sample has been shown."""
        last = range(max(0, self.count - _MOST_REORDERED), self.count)
        return max((self._to_ns(self._decoded(n) + self._shift(n) + self._duration(n)) for n in last), default=0)

    def shown_ns(self, number: int) -> int:
        return self._to_ns(self._decoded(number) + self._shift(number))

    def number_at(self, at_ns: int) -> int:
        """Of the sample that is decoded at that time; the first or last where there is none. `count` is not 0."""
        time = (at_ns - self._late_ns) * self.track.timescale // _NS + self.track.media_start
        run = min(int(np.searchsorted(self._run_times, time, "right")), len(self._run_times) - 1)
        first, begin = (int(self._run_ends[run - 1]), int(self._run_times[run - 1])) if run else (0, 0)
        return min(max(0, first + (time - begin) // max(1, int(self._lasting[run]))), self.count - 1)

    def keyframe_at(self, at_ns: int) -> int:
        """The number of the last keyframe up to that time; of the first where there is none."""
        return self.keyframe_up_to(self.number_at(at_ns))

    def keyframe_up_to(self, number: int) -> int:
        if self.keyframes is None:
            return number
        return int(self.keyframes[max(0, int(np.searchsorted(self.keyframes, number + 1, "right")) - 1)]) - 1

    def group_end(self, keyframe: int) -> int:
        """One past the last sample that is decoded from this keyframe."""
        if self.keyframes is None:
            return keyframe + 1
        following = int(np.searchsorted(self.keyframes, keyframe + 1, "right"))
        return int(self.keyframes[following]) - 1 if following < len(self.keyframes) else self.count

    def place(self, number: int) -> tuple[int, int]:
        """(byte of the file, size)."""
        chunk = int(np.searchsorted(self._chunk_ends, number, "right"))
        first = int(self._chunk_ends[chunk - 1]) if chunk else 0
        before = int(self._sizes[first:number].sum(dtype=np.int64))
        return int(self._offsets[chunk]) + before, int(self._sizes[number])

    def _run(self, number: int) -> int:
        return int(np.searchsorted(self._run_ends, number, "right"))

    def _decoded(self, number: int) -> int:
        run = self._run(number)
        first, begin = (int(self._run_ends[run - 1]), int(self._run_times[run - 1])) if run else (0, 0)
        return begin + (number - first) * int(self._lasting[run])

    def _duration(self, number: int) -> int:
        return int(self._lasting[self._run(number)])

    def _shift(self, number: int) -> int:
        ends, shifts = self._shifts
        run = int(np.searchsorted(ends, number, "right"))
        return int(shifts[run]) if run < len(ends) else 0

    def _to_ns(self, time: int) -> int:
        return self._late_ns + (time - self.track.media_start) * _NS // self.track.timescale
