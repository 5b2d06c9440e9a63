"""Ours and its floor in turns, half a second of recording each, so that both meet the same machine."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.job import Job
from tests.bench.process import Peer

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the kernel's own place for it


@dataclass(frozen=True, slots=True)
class Ours:
    """CPU seconds per second of recording; bytes."""

    cpu_s_per_s: float
    decoded: int
    file_bytes: int
    memory_bytes: int
    tiles: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Ours beside the floor's three parts, CPU seconds per second of recording."""

    ours: Ours
    decode: float
    scale: float
    encode: float
    encode_told: float  # by x264 that is told the quantisers

    @property
    def floor(self) -> float:
        return self.decode + self.scale + self.encode

    @property
    def strict_floor(self) -> float:
        """Its x264 is told the quantisers, too."""
        return self.decode + self.scale + self.encode_told

    @property
    def ratio(self) -> float:
        return self.ours.cpu_s_per_s / self.floor

    @property
    def strict_ratio(self) -> float:
        return self.ours.cpu_s_per_s / self.strict_floor


def mix_alone(job: Job) -> Ours:
    """Ours without the floor."""
    with tempfile.TemporaryDirectory() as folder, _process("mixing", job, _recording(folder)) as ours:
        ours.hear()
        answer = ours.ask(job.ticks)
        return _ours(job, ours.ask(0), answer, _recording(folder))


def mix_beside_floor(job: Job) -> Pair:
    """Sums over the whole run: each half second of ours is followed by the same half second of the floor."""
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.NamedTemporaryFile(dir=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None) as pictures,
        _process("mixing", job, _recording(folder), Path(pictures.name)) as ours,
        _process("floor", job, Path(pictures.name)) as floor,
    ):
        ours.hear()
        floor.hear()
        for first in range(0, job.ticks, job.slots):
            answer = ours.ask(min(job.slots, job.ticks - first))
            floor.ask(answer)
        floor_cpu = floor.ask(None)
        last = ours.ask(0)
        mixed = _ours(job, last, answer, _recording(folder))
    if abs(last["groups"] - floor_cpu["keyframes"]) > 1:
        raise RuntimeError(
            f"Ours has {last['groups']} keyframes, the floor {floor_cpu['keyframes']}: not the same work."
        )
    return Pair(mixed, *(floor_cpu[part] / job.media_s for part in ("decode", "scale", "encode", "encode_told")))


def in_real_time(job: Job, recording: Path) -> dict[str, Any]:
    """What the product's mixer says of itself after the whole scene; see `live`. `recording` is left there."""
    recording.unlink(missing_ok=True)
    with _process("live", job, recording) as live:
        live.hear()
        answer = live.hear()
        assert isinstance(answer, dict)
        return answer


def _ours(job: Job, last: dict[str, float], answer: dict[str, Any], recording: Path) -> Ours:
    return Ours(
        last["cpu_s"] / job.media_s,
        int(last["decoded"]),
        recording.stat().st_size,
        int(last["rss"]),
        tuple(answer["tiles"]),
    )


def _recording(folder: str) -> Path:
    return Path(folder) / "ours.mp4"


@contextlib.contextmanager
def _process(module: str, job: Job, *paths: Path) -> Iterator[Peer]:
    peer = Peer(module, job.written(), *(str(path) for path in paths))
    try:
        yield peer
    finally:
        peer.end()
