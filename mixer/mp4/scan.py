"""Goes through a file's fragments, as far as they are whole."""

import os
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mixer.errors import UnreadableFile
from mixer.mp4.box import LARGE_HEADER, Box, read_header
from mixer.mp4.index import Index, TrackIndex
from mixer.mp4.moof import ReadRun, read_moof
from mixer.mp4.moov import Moov, read_moov
from mixer.mp4.shown import MOST_SAMPLES

# A mix of ours has no time without pictures or sound; these leave room for what is decoded early or moved when joined.
MOST_LEAP_S = 3600  # forward, from where the track was, from the other tracks, within a fragment,
MOST_BACK_S = 1  # and back
MOST_S = 72 * 3600  # a recording lasts
_AT_ONCE = 4096  # a moof of ours with its mdat's header fits: one read a fragment
_MOST_HEAD = 1 << 30  # a moov or moof larger than that is garbage
# These serve seeking and streaming, or hold samples that the head lists itself.
_PASSED = frozenset({b"styp", b"sidx", b"prft", b"emsg", b"free", b"skip", b"mdat"})


@dataclass(frozen=True, slots=True)
class Fragment:
    """Bytes from `start` to `end` of the file; its media from `media`."""

    start: int
    media: int
    end: int
    runs: tuple[ReadRun, ...]


class Fragments:
    """Iterates over the whole fragments from byte `start` on, up to the first that is cut off, damaged or no fragment.
    `end` is then where that one begins. The file stays the caller's."""

    def __init__(self, descriptor: int, size: int, start: int, moov: Moov) -> None:
        self.end = start
        self._descriptor = descriptor
        self._size = size
        self._moov = moov
        self._track_ends: dict[int, int] = {}
        self._samples = 0

    def __iter__(self) -> Iterator[Fragment]:
        while self.end < self._size:
            head = os.pread(self._descriptor, _AT_ONCE, self.end)
            box = read_header(head, self.end, self._size)
            if box is None or box.end > self._size:
                return
            if box.kind in _PASSED:
                self.end = box.end
                continue
            found = self._read(head, box) if box.kind == b"moof" else None
            if found is None:
                return
            self._track_ends |= {run.track_id: run.dts + int(run.durations.sum()) for run in found.runs}
            self.end = found.end
            yield found

    def _read(self, head: bytes, moof: Box) -> Fragment | None:
        length = moof.end - moof.start
        if length > _MOST_HEAD:
            return None
        if length + LARGE_HEADER > len(head):
            head = os.pread(self._descriptor, length + LARGE_HEADER, moof.start)
        mdat = read_header(head[length : length + LARGE_HEADER], moof.end, self._size)
        if mdat is None or mdat.kind != b"mdat" or mdat.end > self._size:
            return None
        payload = head[moof.payload - moof.start : length]
        try:
            runs = tuple(self._counted(read_moof(payload, moof.start, self._moov.defaults, self._track_ends)))
        except (struct.error, KeyError, ValueError):
            return None
        if any(run.offset < mdat.payload or run.end > mdat.end for run in runs):
            return None
        return Fragment(moof.start, mdat.payload, mdat.end, runs)

    def _counted(self, runs: Iterable[ReadRun]) -> Iterator[ReadRun]:
        for run in runs:
            self._samples += len(run.sizes)
            if self._samples > MOST_SAMPLES * len(self._moov.tracks):
                raise ValueError("more samples than a recording can have")
            yield run


def whole_fragments(descriptor: int, size: int, start: int, moov: Moov) -> Iterator[Fragment]:
    """Those of a file of ours from byte `start` on, as far as they reached the disk: up to the first whose media are
    zeros, or whose times cannot be (a bit of its description has fallen over)."""
    ends_s: dict[int, float] = {}
    scales = {track.id: track.timescale for track in moov.tracks}
    for found in Fragments(descriptor, size, start, moov):
        runs = [run for run in found.runs if len(run.sizes)]
        if _is_zeroed(descriptor, found) or not _goes_on(runs, scales, ends_s):
            return
        yield found


def _goes_on(runs: Sequence[ReadRun], scales: Mapping[int, int], ends_s: dict[int, float]) -> bool:
    """Whether their times can follow those of the tracks until `ends_s`, which go on with them."""
    for run in runs:
        scale = scales.get(run.track_id, 0)
        if not scale:
            continue
        start_s, lasts_s = run.dts / scale, int(run.durations.sum()) / scale
        before_s = ends_s.get(run.track_id, max(ends_s.values(), default=start_s))
        back_s = MOST_BACK_S if run.track_id in ends_s else MOST_LEAP_S
        if not before_s - back_s <= start_s <= before_s + MOST_LEAP_S or start_s + lasts_s > MOST_S:
            return False
        if lasts_s > MOST_LEAP_S or int(abs(run.shifts).max()) / scale > MOST_LEAP_S:
            return False
        ends_s[run.track_id] = start_s + lasts_s
    return True


def index_of(descriptor: int, size: int, start: int, moov: Moov) -> Index:
    """An index of all whole fragments from byte `start` on, as the writer had it. For files of ours."""
    tracks = {track.id: TrackIndex() for track in moov.tracks}
    index = Index(tracks, end=start)
    for found in whole_fragments(descriptor, size, start, moov):
        for run in found.runs:
            if run.track_id in tracks and len(run.sizes):
                tracks[run.track_id].append(
                    run.offset,
                    run.dts,
                    sizes=run.sizes.tolist(),
                    durations=run.durations.tolist(),
                    shifts=run.shifts.tolist(),
                    sync=run.sync.tolist(),
                )
        index.end = found.end
        index.fragments += 1
    return index


def _is_zeroed(descriptor: int, found: Fragment) -> bool:
    """After a power cut a file can be longer than what reached the disk, zeros in its place. No picture begins with
    them (its first bytes are a length), no block of sound ends with them (its last bits are ones)."""
    zeros = bytes(8)
    return os.pread(descriptor, 8, found.media) == zeros or os.pread(descriptor, 8, found.end - 8) == zeros


def load_moov(descriptor: int, box: Box) -> Moov:
    """Raises UnreadableFile when the moov box is damaged."""
    length = box.end - box.payload
    if length > _MOST_HEAD:
        raise UnreadableFile("its head (moov) is damaged")
    return read_moov(os.pread(descriptor, length, box.payload))
