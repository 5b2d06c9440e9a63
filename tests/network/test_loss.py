"""Lost, late and reordered packets: what is left of them in the file."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import uvloop

from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.encoding import SoundEncoding
from signaling.rehearsal.mishap import Mishaps
from signaling.rehearsal.plan import ParticipantPlan, Plan, PublicationPlan
from signaling.rehearsal.rhythm import SECOND_NS
from signaling.rehearsal.sections import Offered
from signaling.rehearsal.settings import RehearsalSettings
from tests.figures import note
from tests.network.counting import TAIL_NS, count_frames, longest_silence_ns
from tests.network.rehearsed import CAMERA, H264_CAMERA, MS, rehearse

pytestmark = [pytest.mark.long, pytest.mark.paced]

SECONDS = 26
FIRST_S = 8  # ICE and DTLS lose packets, too, and repeat theirs after one second, two, four
# Counted from then on, or from a camera's first picture. Before it the mix runs less than half a second behind, so that
# the first picture is soon in the file, and there is less time to send a packet again.
OPENING_NS = 2 * SECOND_NS
PLAN = steady_plan([CAMERA, H264_CAMERA])
HOP_MS = 5  # sound is measured in steps of it: a gap of 20 ms may show as one of 25


@dataclass(frozen=True)
class Case:
    """What the network does, and what must be left."""

    name: str
    must: str
    mishaps: Mishaps
    frames: float
    freeze_ms: int
    silence_ms: int | None = None  # None: nothing is said of the sound


CASES = [
    Case(
        "2 % random loss, 50 ms RTT",
        "every video frame there; sound whole: no gap over 20 ms",
        Mishaps(loss=0.02, delay_ns=25 * MS, seed=21),
        frames=1.0,
        freeze_ms=200,
        silence_ms=20 + HOP_MS,
    ),
    Case(
        "5 % random loss, 100 ms RTT, 20 ms jitter, reordering",
        "≥ 99.5 % of frames; no broken picture; longest freeze ≤ 0.5 s",
        Mishaps(loss=0.05, delay_ns=50 * MS, jitter_ns=20 * MS, reordered=0.05, duplicated=0.01, seed=22),
        frames=0.995,
        freeze_ms=500,
    ),
    Case(
        "10 % bursty loss, 150 ms RTT",
        "≥ 97 % of frames; no broken picture; longest freeze ≤ 1 s",
        Mishaps(loss=0.10, burst=4, delay_ns=75 * MS, seed=23),
        frames=0.97,
        freeze_ms=1000,
    ),
]


# Nobody repeats sound here but its senders themselves. (Opus' own FEC takes no part: libopus adds it to speech, not to
# tones.)
VOICES = {"bare": SoundEncoding(), "red": SoundEncoding(redundancy=2)}
NO_REPEATS = RehearsalSettings(
    mishaps=Mishaps(loss=0.05, delay_ns=50 * MS, seed=24), offered=Offered(sound_nack=False, rtx=False)
)


def _voices() -> Plan:
    return Plan(
        tuple(
            ParticipantPlan(name, name, (PublicationPlan("voice", number, sound=sound),))
            for number, (name, sound) in enumerate(VOICES.items(), 1)
        )
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_loss(case: Case, tmp_path: Path) -> None:
    """Nearly everything is there, nothing is broken, and nothing stands for long."""
    settings = RehearsalSettings(mishaps=case.mishaps)
    recorded = uvloop.run(rehearse(PLAN, tmp_path, SECONDS, settings, full_quality=True))
    screening, progress = recorded.screening, recorded.last_progress
    first, second = (count_frames(screening, number, CAMERA.fps, OPENING_NS) for number in (1, 2))
    frames = first + second
    first_s = max(screening.viewing.sightings[number][0].time_ns for number in (1, 2)) / SECOND_NS
    silence_ms = max(longest_silence_ns(screening, number) for number in (1, 2)) / MS
    broken = screening.viewing.broken
    met = (
        frames.share >= case.frames
        and frames.freeze_ns <= case.freeze_ms * MS
        and broken == 0
        and (case.silence_ms is None or silence_ms <= case.silence_ms)
    )
    found = (
        f"{frames.shown} of {frames.sent} frames from the third second on ({frames.share:.2%}), "
        f"{broken} broken pictures, longest freeze "
        f"{frames.freeze_ns / 1e9:.2f} s, longest gap in a voice {silence_ms:.0f} ms; "
        f"{progress['recovered']:.0f} packets recovered, {progress['lost']:.0f} lost for good; "
        f"both cameras are there after {first_s:.1f} s"
    )
    note(3, case.name, case.must, found, met=met, order=CASES.index(case) + 1)
    assert frames.sent > 2 * CAMERA.fps * (SECONDS - 4)
    assert progress["recovered"] > 50, "the relay lost next to nothing"
    assert first_s < FIRST_S, "it took too long to get connected"
    assert met, (found, frames.missing_s)
    assert screening.hearing.holes == ()
    assert max(abs(skew) for skew in screening.worst_skew_ns().values()) <= 40 * MS


def test_sound_that_is_not_repeated(tmp_path: Path) -> None:
    """Where the SFU repeats no sound, what the senders put into their packets fills the gaps."""
    hearing = uvloop.run(rehearse(_voices(), tmp_path, SECONDS, NO_REPEATS)).screening.hearing
    end_ns = hearing.duration_ns - TAIL_NS
    gaps = {
        name: [end - start for start, end in hearing.dips(number, 2 * SECOND_NS, end_ns)]
        for number, name in enumerate(VOICES, 1)
    }
    lost_ms = {name: sum(found) // MS for name, found in gaps.items()}
    # RED mends two packets in a row here: of 1200 packets a single one is left for each six recordings or so.
    met = lost_ms["red"] <= 40
    note(
        3,
        "5 % random loss of sound, no retransmission, 2 packets of RED",
        "≤ 40 ms of silence",
        f"{lost_ms['red']} ms of {SECONDS} s; without RED {lost_ms['bare']} ms in {len(gaps['bare'])} gaps",
        met=met,
        order=9,
    )
    assert lost_ms["bare"] > 500, "the relay lost next to nothing"
    assert met, gaps
