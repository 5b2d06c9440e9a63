"""Lost, late and reordered packets: what is left of them in the file."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.mishap import Mishaps
from signaling.rehearsal.settings import RehearsalSettings
from tests.figures import note
from tests.network.counting import Seen, count_frames, longest_silence_ns
from tests.network.rehearsed import CAMERA, H264_CAMERA, MS, TAIL_NS, Rehearsed, rehearse

pytestmark = pytest.mark.long

SECONDS = 26
PLAN = steady_plan([CAMERA, H264_CAMERA])


@dataclass(frozen=True)
class Case:
    """What the network does, and what must be left. Times in ns; None: nothing is said of the sound."""

    name: str
    must: str
    mishaps: Mishaps
    frames: float
    freeze_ns: int
    silence_ns: int | None = None


CASES = [
    Case(
        "2 % random loss, 50 ms RTT",
        "every video frame there; no gap in the sound over 20 ms",
        Mishaps(loss=0.02, delay_ns=25 * MS, seed=21),
        1.0,
        250 * MS,
        20 * MS,
    ),
    Case(
        "5 % random loss, 100 ms RTT, 20 ms jitter, reordering",
        "≥ 99.5 % of frames; no broken picture; longest freeze ≤ 0.5 s",
        Mishaps(loss=0.05, delay_ns=50 * MS, jitter_ns=20 * MS, reordered=0.05, duplicated=0.01, seed=22),
        0.995,
        500 * MS,
    ),
    Case(
        "10 % bursty loss, 150 ms RTT",
        "≥ 97 % of frames; no broken picture; longest freeze ≤ 1 s",
        Mishaps(loss=0.10, burst=4, delay_ns=75 * MS, seed=23),
        0.97,
        1000 * MS,
    ),
]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsed]:
    """All cases at once: they wait for the clock, not for the machine."""

    async def record(case: Case) -> Rehearsed:
        return await rehearse(PLAN, _folder(tmp_path_factory), SECONDS, RehearsalSettings(mishaps=case.mishaps))

    async def record_all() -> list[Rehearsed]:
        return await asyncio.gather(*map(record, CASES))

    return dict(zip((case.name for case in CASES), asyncio.run(record_all()), strict=True))


def _folder(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("recording")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_loss(case: Case, recordings: dict[str, Rehearsed]) -> None:
    """Nearly everything is there, nothing is broken, and nothing stands for long."""
    recorded = recordings[case.name]
    screening = recorded.screening
    cameras = [count_frames(screening, number, CAMERA.fps) for number in (1, 2)]
    all_of_them = Seen(sum(c.shown for c in cameras), sum(c.sent for c in cameras), max(c.freeze_ns for c in cameras))
    silence_ns = max(longest_silence_ns(screening, number) for number in (1, 2))
    progress = recorded.last_progress
    met = (
        all_of_them.share >= case.frames
        and all_of_them.freeze_ns <= case.freeze_ns
        and screening.viewing.broken == 0
        and (case.silence_ns is None or silence_ns <= case.silence_ns)
    )
    note(
        3,
        case.name,
        case.must,
        f"{all_of_them.shown} of {all_of_them.sent} frames ({all_of_them.share:.2%}); "
        f"{screening.viewing.broken} broken pictures; longest freeze {all_of_them.freeze_ns / 1e9:.2f} s; "
        f"longest gap in a voice {silence_ns / MS:.0f} ms; {progress['recovered']:.0f} packets recovered, "
        f"{progress['lost']:.0f} not",
        met=met,
    )
    assert all_of_them.sent > 2 * CAMERA.fps * (SECONDS - 4)
    assert progress["recovered"] > 50, "the relay lost next to nothing"
    assert met, (all_of_them, screening.viewing.broken, silence_ns, progress)
    assert screening.hearing.holes == ()
    assert max(abs(skew) for skew in screening.worst_skew_ns().values()) <= 40 * MS
