"""Reads back what a recording sounds like: who is heard when, when beeps begin, where the sound has holes.

Times are nanoseconds of the file.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from signaling.rehearsal.reader import Viewing
from signaling.rehearsal.rhythm import SECOND_NS
from signaling.rehearsal.sound import BEEP_LEVEL, GRID_HZ, TONE_LEVEL, beep_hz, tone_hz

HOP_NS = 5_000_000
_BATCH = 2_000  # windows analysed at a time
_MATCH_NS = 450_000_000  # a flash and a beep further apart than this are not the same second's

Levels = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hearing:
    """`tones` and `beeps` are amplitudes by publication number, one for every `HOP_NS`: value i is measured over the
    25 ms around `time_ns(i)`. `holes` are stretches of the file's time line without samples, `loudness` is the RMS of
    each window."""

    tones: dict[int, Levels]
    beeps: dict[int, Levels]
    loudness: Levels
    holes: tuple[tuple[int, int], ...]
    duration_ns: int

    def time_ns(self, index: float) -> int:
        return round(index * HOP_NS) + SECOND_NS // GRID_HZ // 2

    def beep_onsets(self, publication: int) -> list[int]:
        """When the beep rises through half of its usual level, between two hops by interpolation."""
        level = self.beeps[publication]
        half = _usual(level, BEEP_LEVEL) / 2
        rising = np.flatnonzero((level[:-1] < half) & (level[1:] >= half))
        return [self.time_ns(i + float((half - level[i]) / (level[i + 1] - level[i]))) for i in rising.tolist()]

    def heard(self, publication: int, from_ns: int, to_ns: int) -> float:
        """The share of a stretch in which the tone is there with at least half of its usual level."""
        level = self._part(self.tones[publication], from_ns, to_ns)
        return float((level >= _usual(self.tones[publication], TONE_LEVEL) / 2).mean()) if level.size else 0.0

    def dips(self, publication: int, from_ns: int, to_ns: int) -> list[tuple[int, int]]:
        """Where the tone is below half of its usual level: (start, end). Gaps over 13 ms show, with their length."""
        quiet = self._part(self.tones[publication], from_ns, to_ns) < _usual(self.tones[publication], TONE_LEVEL) / 2
        return [(from_ns + start * HOP_NS, from_ns + end * HOP_NS) for start, end in _runs(quiet)]

    def silences(self, below: float = 0.003) -> list[tuple[int, int]]:
        """Where nothing at all is heard."""
        return [(self.time_ns(start), self.time_ns(end)) for start, end in _runs(self.loudness < below)]

    def _part(self, level: Levels, from_ns: int, to_ns: int) -> Levels:
        first, last = (round((at - SECOND_NS // GRID_HZ // 2) / HOP_NS) for at in (from_ns, to_ns))
        return level[max(0, first) : max(0, last)]


@dataclass(frozen=True, slots=True)
class Skew:
    """How much later the picture is than the sound, for each flash that has its beep."""

    publication: int
    skews_ns: tuple[int, ...]
    unmatched: int = field(default=0)  # flashes without a beep

    @property
    def worst_ns(self) -> int:
        return max(self.skews_ns, key=abs, default=0)


def measure_skew(viewing: Viewing, hearing: Hearing, publication: int) -> Skew:
    beeps = np.array(hearing.beep_onsets(publication), np.int64)
    skews, unmatched = [], 0
    for flash in viewing.flashes(publication):
        nearest = int(beeps[np.argmin(np.abs(beeps - flash))]) if beeps.size else None
        if nearest is None or abs(nearest - flash) > _MATCH_NS:
            unmatched += 1
        else:
            skews.append(flash - nearest)
    return Skew(publication, tuple(skews), unmatched)


def read_tones(path: Path | str, publications: Iterable[int]) -> Hearing:
    """Raises av.error.FFmpegError for a file that cannot be opened, ValueError for one without sound."""
    samples, rate, holes = _samples(path)
    return listen(samples, rate, publications, holes)


def listen(
    samples: NDArray[np.float32], rate: int, publications: Iterable[int], holes: tuple[tuple[int, int], ...] = ()
) -> Hearing:
    """`samples` are mono."""
    numbers = list(publications)
    pitches = [tone_hz(number) for number in numbers] + [beep_hz(number) for number in numbers]
    window, hop = rate // GRID_HZ, rate * HOP_NS // SECOND_NS
    phase = 2 * np.pi * np.outer(np.arange(window), pitches) / rate
    basis = np.concatenate([np.cos(phase), np.sin(phase)], axis=1).astype(np.float32) * (2 / window)
    count = max(0, (samples.size - window) // hop + 1)
    level, loudness = np.zeros((count, len(pitches)), np.float32), np.zeros(count, np.float32)
    views = (
        np.lib.stride_tricks.sliding_window_view(samples, window)[::hop] if count else np.zeros((0, window), np.float32)
    )
    for start in range(0, count, _BATCH):
        part = np.ascontiguousarray(views[start : min(start + _BATCH, count)])
        projected = part @ basis
        level[start : start + _BATCH] = np.hypot(projected[:, : len(pitches)], projected[:, len(pitches) :])
        loudness[start : start + _BATCH] = np.sqrt(np.mean(part**2, axis=1))
    columns = {number: index for index, number in enumerate(numbers)}
    return Hearing(
        tones={number: level[:, index] for number, index in columns.items()},
        beeps={number: level[:, index + len(numbers)] for number, index in columns.items()},
        loudness=loudness,
        holes=holes,
        duration_ns=samples.size * SECOND_NS // rate,
    )


def _samples(path: Path | str) -> tuple[NDArray[np.float32], int, tuple[tuple[int, int], ...]]:
    """The sound as a player would play it: every block at its own time, holes as zeros. Mono."""
    blocks: list[tuple[int, NDArray[np.float32]]] = []
    with av.open(str(path)) as container:
        if not container.streams.audio:
            raise ValueError(f"{path} has no sound")
        stream = container.streams.audio[0]
        rate = stream.codec_context.sample_rate
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate)
        for frame in container.decode(stream):
            if frame.pts is None or frame.time_base is None:
                continue
            at = round(frame.pts * frame.time_base * rate)
            mono = [block.to_ndarray()[0] for block in resampler.resample(frame)]
            blocks.append((at, np.concatenate(mono) if mono else np.zeros(0, np.float32)))
    if not blocks:
        raise ValueError(f"{path} has no sound")
    sound = np.zeros(max(at + block.size for at, block in blocks), np.float32)
    holes, expected = [], blocks[0][0]
    for at, block in blocks:
        if at > expected:
            holes.append((expected * SECOND_NS // rate, at * SECOND_NS // rate))
        keep = block[max(0, -at) :]
        sound[max(0, at) : max(0, at) + keep.size] = keep
        expected = at + block.size
    return sound, rate, tuple(holes)


def _usual(level: Levels, floor: float) -> float:
    """The level while it sounds: what it has when it is loud, at least a fifth of what the source gives."""
    return max(float(np.quantile(level, 0.98)) if level.size else 0.0, floor / 5)


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]
