"""Reads back what a recording shows: every mark in every picture of an MP4, and what follows from them.

Knows nothing of layouts: marks are found by their rings. Times are nanoseconds of the file.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median

import av
import numpy as np

from signaling.rehearsal.likeness import BROKEN_ABOVE, REACH, difference
from signaling.rehearsal.marks import Mark, find_marks
from signaling.rehearsal.picture import Scene
from signaling.rehearsal.rhythm import SECOND_NS, unwrap

_FLASH_LUMA = 25  # a flash is at least so much brighter than the same publication's usual surroundings
_CONTIGUOUS_NS = 150_000_000  # pictures of one publication further apart are not compared
_READERS = 2  # threads: OpenCV works beside the interpreter
_AHEAD = 8  # pictures


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture of the file. `broken` counts marks that are there but damaged. `differences` are those of
    `likeness.difference`, one a mark, where scenes were given to compare with."""

    time_ns: int
    marks: tuple[Mark, ...]
    broken: int
    differences: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Sighting:
    """One publication in one picture of the file."""

    time_ns: int
    mark: Mark


@dataclass(frozen=True)
class Viewing:
    """All that was seen in a file, in order of time."""

    pictures: tuple[Seen, ...]

    @cached_property
    def sightings(self) -> dict[int, list[Sighting]]:
        """By publication number."""
        found: dict[int, list[Sighting]] = {}
        for picture in self.pictures:
            for mark in picture.marks:
                found.setdefault(mark.publication, []).append(Sighting(picture.time_ns, mark))
        return found

    @property
    def broken(self) -> int:
        """Damaged marks, and pictures that do not look as they were drawn."""
        damaged = sum(picture.broken for picture in self.pictures)
        return damaged + sum(one > BROKEN_ABOVE for picture in self.pictures for one in picture.differences)

    def shown(self, publication: int, from_ns: int, to_ns: int) -> list[Sighting]:
        return [one for one in self.sightings.get(publication, []) if from_ns <= one.time_ns < to_ns]

    def flashes(self, publication: int) -> list[int]:
        """When flashes begin: the first bright picture after one that was not."""
        seen = self.sightings.get(publication, [])
        if not seen:
            return []
        usual = median(one.mark.surround for one in seen)
        bright = [one.mark.surround > usual + _FLASH_LUMA for one in seen]
        return [
            now.time_ns
            for before, now, was, is_now in zip(seen, seen[1:], bright, bright[1:], strict=False)
            if is_now and not was and now.time_ns - before.time_ns < _CONTIGUOUS_NS
        ]

    def freezes(self, publication: int, fps: int) -> list[tuple[int, int]]:
        """(start, end) of every stretch in which the same frame stayed for more than twice its time, while it was
        shown."""
        longest = 2 * SECOND_NS // fps + SECOND_NS // 30
        return [(start, end) for start, end in self._stays(publication) if end - start > longest]

    def frames(self, publication: int, fps: int, origin_ns: int) -> list[tuple[int, int]]:
        """(time in the file, capture time in room time) of every new frame. `origin_ns`: room time at the file's start,
        good to half a loop (4 s)."""
        found: list[tuple[int, int]] = []
        for one in self.sightings.get(publication, []):
            capture_ns = unwrap(one.mark.number, fps, one.time_ns + origin_ns)
            if not found or found[-1][1] != capture_ns:
                found.append((one.time_ns, capture_ns))
        return found

    def _stays(self, publication: int) -> Iterator[tuple[int, int]]:
        """How long each frame number stayed in the picture, without a break."""
        start: Sighting | None = None
        last: Sighting | None = None
        for one in self.sightings.get(publication, []):
            gap = last is not None and one.time_ns - last.time_ns >= _CONTIGUOUS_NS
            if start is not None and last is not None and (gap or one.mark.number != start.mark.number):
                yield start.time_ns, last.time_ns if gap else one.time_ns
                start = one
            start, last = start or one, one
        if start is not None and last is not None:
            yield start.time_ns, last.time_ns


def read_marks(
    path: Path | str,
    every: int = 1,
    scenes: Mapping[int, Sequence[Scene]] | None = None,
    reach: tuple[float, float] = REACH,
) -> Viewing:
    """Every picture of the file, or each `every`-th. `scenes`: what a publication shows, in each of its sizes, to be
    compared with within `reach` (`likeness.difference`). Raises av.error.FFmpegError for what cannot be opened."""
    pictures: list[Seen] = []
    reading: deque[Future[Seen]] = deque()  # pictures are kept for as long as they are in it
    with av.open(str(path)) as container, ThreadPoolExecutor(_READERS) as pool:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for index, frame in enumerate(container.decode(stream)):
            if index % every or frame.pts is None or frame.time_base is None:
                continue
            if len(reading) == _AHEAD:
                pictures.append(reading.popleft().result())
            reading.append(pool.submit(_read, frame, scenes or {}, reach))
        pictures += [one.result() for one in reading]
    return Viewing(tuple(pictures))


def _read(frame: av.VideoFrame, compared: Mapping[int, Sequence[Scene]], reach: tuple[float, float]) -> Seen:
    assert frame.pts is not None
    assert frame.time_base is not None
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    luma = rows[: frame.height, : frame.width]
    marks, broken = find_marks(luma)
    apart = tuple(
        difference(luma, mark, compared[mark.publication], reach) for mark in marks if mark.publication in compared
    )
    return Seen(round(frame.pts * frame.time_base * SECOND_NS), tuple(marks), broken, apart)
