"""The fragments of a part as they are to follow those of an earlier one."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mixer.mp4.fragment import Run
from mixer.mp4.head import FileHead
from mixer.mp4.index import Index
from mixer.mp4.moof import ReadRun
from mixer.mp4.sample import Sample
from mixer.mp4.scan import whole_fragments
from mixer.mp4.silence import SILENT_BLOCK
from mixer.mp4.track import PICTURE, Track

_NS = 1_000_000_000
_BLOCK = 1024  # samples of sound: both parts' lie on one grid of these


class LaterPart:
    """Time 0 of it is where the pictures of the earlier part end, so that pictures go on at their rate. Sound can only
    follow in whole blocks: it moves by half a block at most, blocks of silence fill what is missing between the parts,
    and what the earlier part has of sound beyond its pictures is kept instead of the later part's beginning."""

    def __init__(self, descriptor: int, head: FileHead, before: Index) -> None:
        """`before`: of the earlier part. The file stays the caller's."""
        self._descriptor = descriptor
        self._head = head
        self._tracks = {track.id: track for track in head.moov.tracks}
        leading = next((track for track in self._tracks.values() if track.handler == PICTURE), head.moov.tracks[0])
        self.start_ns = max(0, before.tracks[leading.id].shown_end - leading.media_start) * _NS // leading.timescale
        self._shifts = {track.id: self._shift(track) for track in self._tracks.values()}

    def _shift(self, track: Track) -> int:
        """In the track's timescale."""
        exact = round(self.start_ns * track.timescale / _NS)
        return exact if track.handler == PICTURE else (exact + _BLOCK // 2) // _BLOCK * _BLOCK

    def fragments(self, index: Index) -> Iterator[list[Run]]:
        """Each one's runs. `index` is to have the runs before when the next are asked for."""
        for found in whole_fragments(self._descriptor, self._head.size, self._head.end, self._head.moov):
            data = os.pread(self._descriptor, found.end - found.media, found.media)
            runs = []
            for run in found.runs:
                samples = _samples(run, self._shifts[run.track_id], data, found.media)
                if self._tracks[run.track_id].handler != PICTURE:
                    samples = _following(index.tracks[run.track_id].end, samples)
                if samples:
                    runs.append(Run(run.track_id, samples))
            if runs:
                yield runs


def _samples(run: ReadRun, shift: int, data: bytes, media: int) -> list[Sample]:
    """`data` are the file's bytes from `media` on."""
    position, dts = run.offset - media, run.dts + shift
    samples = []
    rows = (run.durations.tolist(), run.shifts.tolist(), run.sync.tolist(), run.sizes.tolist())
    for duration, later, keyframe, size in zip(*rows, strict=True):
        samples.append(Sample(dts, duration, later, keyframe, data[position : position + size]))
        position += size
        dts += duration
    return samples


def _following(end: int, samples: Sequence[Sample]) -> list[Sample]:
    """What is before `end` is left out; silence comes first when it begins later."""
    kept = [sample for sample in samples if sample.dts >= end]
    if not kept:
        return []
    filled = [replace(kept[0], dts=dts, data=SILENT_BLOCK) for dts in range(end, kept[0].dts, _BLOCK)]
    return filled + kept
