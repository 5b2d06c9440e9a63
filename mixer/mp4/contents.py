"""All that can be learned about an MP4 without decoding it, ours or anybody's, whole or not."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixer.errors import UnreadableFile
from mixer.mp4.box import Box, file_boxes
from mixer.mp4.head import has_our_type
from mixer.mp4.moof import ReadRun
from mixer.mp4.moov import Moov
from mixer.mp4.movie import RESERVED
from mixer.mp4.scan import Fragments, load_moov
from mixer.mp4.shown import Shown, joined
from mixer.mp4.table_reader import chunk_durations, read_tables
from mixer.mp4.track import PICTURE

# What an MP4 can begin with; anything else is another kind of file.
_FIRST = frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})


@dataclass(frozen=True, slots=True)
class Contents:
    moov: Moov
    shown: Mapping[int, Shown]  # of each track
    size: int  # bytes
    missing: int = 0  # samples that the tables name and that the file is too short for
    fragments: int = 0  # of a file of ours that is finished: in which it grew
    longest_fragment_ns: int = 0
    cut: int = 0  # bytes after the last whole fragment
    unfinished: bool = False  # a file of ours that `finish` was not called for


def read_contents(path: Path) -> Contents:
    """Raises OSError, and UnreadableFile when it is no MP4 or one without a head."""
    with path.open("rb") as file:
        descriptor = file.fileno()
        size = os.fstat(descriptor).st_size
        if not size:
            raise UnreadableFile("it is empty")
        top = list(_first_boxes(descriptor, size))
        head = next((box for box in top if box.kind == b"moov"), None)
        if not top or top[0].kind not in _FIRST:
            raise UnreadableFile("it is not an MP4 file")
        if head is None or head.end > size:
            raise UnreadableFile("it is cut off before the head (moov) that says how to play it")
        moov = load_moov(descriptor, head)
        if not moov.defaults:
            return _ordinary(descriptor, moov, size, top)
        return _fragmented(descriptor, size, head, moov, unfinished=_is_ours(top))


def _first_boxes(descriptor: int, size: int) -> list[Box]:
    """Up to the head: after that come thousands of fragments."""
    found = []
    for box in file_boxes(descriptor, size):
        found.append(box)
        if box.kind == b"moov":
            break
    return found


def _is_ours(top: list[Box]) -> bool:
    return [(box.kind, box.end - box.start) for box in top[1:2]] == [(b"free", len(RESERVED))]


def _ordinary(descriptor: int, moov: Moov, size: int, top: list[Box]) -> Contents:
    shown, missing = _listed(moov, size)
    picture = next((track for track in moov.tracks if track.handler == PICTURE), None)
    if picture is None or missing or not _grew_here(descriptor, top, size):
        return Contents(moov, shown, size, missing)
    # Each fragment that it grew in has become one chunk of its track.
    lengths = chunk_durations(moov.tables[picture.id], shown[picture.id])
    longest_ns = int(lengths.max(initial=0)) * 1_000_000_000 // picture.timescale
    return Contents(moov, shown, size, missing, fragments=len(lengths), longest_fragment_ns=longest_ns)


def _grew_here(descriptor: int, top: list[Box], size: int) -> bool:
    """Whether `finish` made it: the head of the fragmented file is the first thing in its mdat, or the head of the
    finished one was put in front."""
    kinds = [found.kind for found in top]
    if kinds == [b"ftyp", b"moov"]:
        return has_our_type(descriptor)
    if kinds != [b"ftyp", b"mdat", b"moov"]:
        return False
    inner = next(file_boxes(descriptor, size, top[1].payload), None)
    return inner is not None and inner.kind == b"moov" and inner.end <= top[1].end


def _listed(moov: Moov, size: int) -> tuple[dict[int, Shown], int]:
    """What the head lists itself, and how much of it is missing."""
    shown, missing = {}, 0
    for track in moov.tracks:
        shown[track.id], beyond = read_tables(moov.tables[track.id], size)
        missing += beyond
    return shown, missing


def _fragmented(descriptor: int, size: int, head: Box, moov: Moov, *, unfinished: bool) -> Contents:
    listed, missing = _listed(moov, size)  # some writers put their first fragment there
    runs = {track_id: [shown] for track_id, shown in listed.items()}
    scales = {track.id: track.timescale for track in moov.tracks}
    leading = next((track.id for track in moov.tracks if track.handler == PICTURE), moov.tracks[0].id)
    count, longest_ns = 0, 0
    found = Fragments(descriptor, size, head.end, moov)
    for fragment in found:
        count += 1
        for run in fragment.runs:
            if run.track_id in runs:
                runs[run.track_id].append(_shown(run))
                length_ns = int(run.durations.sum()) * 1_000_000_000 // scales[run.track_id]
                longest_ns = max(longest_ns, length_ns if run.track_id == leading else 0)
    rest = _rest(descriptor, size, found.end)
    shown = {track_id: joined(parts) for track_id, parts in runs.items()}
    return Contents(
        moov, shown, size, missing, fragments=count, longest_fragment_ns=longest_ns, cut=rest, unfinished=unfinished
    )


def _shown(run: ReadRun) -> Shown:
    return Shown(run.dts + np.cumsum(run.durations) - run.durations, run.durations, run.shifts)


def _rest(descriptor: int, size: int, end: int) -> int:
    """Bytes that are neither fragments nor the index (mfra) that others put behind them."""
    for box in file_boxes(descriptor, size, end):
        if box.kind not in {b"mfra", b"free", b"skip", b"moov", b"uuid"} or box.end > size:
            break
        end = box.end
    return max(0, size - end)
