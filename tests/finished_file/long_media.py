"""Hours of recording written at file speed: real pictures and sound, encoded once, repeated with the right times."""

import os
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import av

from mixer.mp4.fragment import Run, fragment
from mixer.mp4.index import Index, TrackIndex
from mixer.mp4.label import Label
from mixer.mp4.movie import Movie, head
from mixer.mp4.sample import Sample
from mixer.output.picture_encoder import PictureEncoder
from mixer.output.settings import OutputSettings
from mixer.output.sound_encoder import SoundEncoder
from tests.output.known_media import SMALL, picture, sound, tick_of

TICKS = 32  # of one group: 50 blocks of sound take exactly as long
BLOCKS = 50
GROUP_NS = TICKS * 1_000_000_000 // 30
_AT_ONCE = 4 << 20  # bytes


@dataclass(frozen=True, slots=True)
class _Group:
    """One fragment, and what an index says of it."""

    data: bytes
    offsets: tuple[int, ...]
    runs: Sequence[Run]


def write_long(
    path: Path,
    hours: float,
    *,
    settings: OutputSettings = SMALL,
    groups: int = 64,
    shows: Callable[[int], av.VideoFrame] = lambda group: picture(group * TICKS),
) -> Index:
    """An unfinished part, on the disk. Group number n, 16/15 of a second long, shows `shows(n % groups)`."""
    tracks, templates = _encoded(settings, groups, shows)
    begin = head(Movie(tracks, Label("Hours", 1_795_000_000)))
    index = Index({track.id: TrackIndex() for track in tracks}, end=len(begin))
    count = round(hours * 3600 * 30 / TICKS)
    with path.open("xb", buffering=_AT_ONCE) as file:
        file.write(begin)
        for data in _fragments(templates, count, index):
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return index


def _encoded(
    settings: OutputSettings, groups: int, shows: Callable[[int], av.VideoFrame]
) -> tuple[Sequence, list[_Group]]:  # type: ignore[type-arg]
    pictures, sounds = PictureEncoder(settings, 1), SoundEncoder(settings, 2)
    shown: list[Sample] = []
    for group in range(groups):
        frame = shows(group)
        for tick in range(group * TICKS, (group + 1) * TICKS):
            frame.pts = None
            shown += pictures.encode(frame, tick, keyframe=tick % TICKS == 0)
    shown += pictures.flush()
    heard = [sample for tick in range(2 * TICKS) for sample in sounds.encode(sound(tick))][BLOCKS // 2 :][:BLOCKS]
    keyframes = iter(range(groups))
    number = -1

    def group_of(sample: Sample) -> int:
        nonlocal number
        if sample.keyframe:
            number = next(keyframes)
        return number

    templates = []
    for _, samples in groupby(shown, group_of):
        first, *_ = own = list(samples)
        moved = [Sample(s.dts - first.dts, s.duration, s.shift, s.keyframe, s.data) for s in own]
        blocks = [Sample(at * 1024, 1024, 0, True, block.data) for at, block in enumerate(heard)]
        runs = [Run(1, moved), Run(2, blocks)]
        templates.append(_Group(*fragment(1, runs), runs))
    assert len(templates) == groups
    return (pictures.track, sounds.track), templates


def _fragments(templates: Sequence[_Group], count: int, index: Index) -> Iterator[bytes]:
    """Each with its number and its times."""
    spans = {1: TICKS * 1000, 2: BLOCKS * 1024}
    known = [
        [
            {
                "sizes": [len(sample.data) for sample in run.samples],
                "durations": run.durations,
                "shifts": [sample.shift for sample in run.samples],
                "sync": [sample.keyframe for sample in run.samples],
            }
            for run in template.runs
        ]
        for template in templates
    ]
    for number in range(count):
        template = templates[number % len(templates)]
        data = bytearray(template.data)
        struct.pack_into(">I", data, data.find(b"mfhd") + 8, number + 1)
        at = 0
        for run, offset, about in zip(template.runs, template.offsets, known[number % len(templates)], strict=True):
            at = data.find(b"tfdt", at) + 8
            dts = number * spans[run.track_id]
            struct.pack_into(">Q", data, at, dts)
            index.tracks[run.track_id].append(index.end + offset, dts, **about)  # type: ignore[arg-type]
        index.end += len(data)
        index.fragments += 1
        yield bytes(data)


def bars_at(path: Path, times_s: Sequence[float]) -> list[tuple[float, int]]:
    """What FFmpeg shows there, going on from the keyframe before: (when it is shown, what its bars say)."""
    seen = []
    with av.open(str(path)) as container:
        track = container.streams.video[0]
        assert track.time_base is not None
        for time_s in times_s:
            container.seek(int(time_s / track.time_base), stream=track)
            frame = next(f for f in container.decode(track) if f.time is not None and f.time + 1 / 30 > time_s)
            seen.append((frame.time or 0.0, tick_of(frame.reformat(320, 180))))
    return seen


def bars_of(time_s: float, groups: int = 64) -> int:
    """What is to be seen then."""
    return int(time_s * 30) // TICKS % groups * TICKS


def ten_places(duration_s: float) -> list[float]:
    """The last one near the end, the middle of a picture each."""
    return [
        (int(duration_s * 30 * share) + 0.5) / 30 for share in (0.99, 0, 0.5, 0.07, 0.8, 0.31, 0.9, 0.11, 0.67, 0.42)
    ]
