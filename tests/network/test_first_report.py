"""Sound and picture before anything is known of how their clocks belong together."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import uvloop

from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.hearing import measure_skew
from signaling.rehearsal.mishap import Mishaps
from signaling.rehearsal.plan import Clock, Plan
from signaling.rehearsal.rhythm import SECOND_NS
from signaling.rehearsal.settings import RehearsalSettings
from tests.figures import note
from tests.network.counting import first_heard_ns, longest_silence_ns
from tests.network.rehearsed import CAMERA, H264_CAMERA, MS, rehearse

pytestmark = [pytest.mark.long, pytest.mark.paced]

FIRST_REPORT_S = 5
NUMBERS = (1, 2)


def late_reports() -> Plan:
    """Timestamps of a sound and its picture begin half of their range apart."""
    plan = steady_plan([CAMERA, H264_CAMERA])
    people = tuple(
        replace(
            one,
            clock=Clock(first_report_ns=FIRST_REPORT_S * SECOND_NS),
            publications=tuple(
                replace(shown, first_timestamp=7 + 1_000_000 * shown.number, sound_first_timestamp=0x8765_4321)
                for shown in one.publications
            ),
        )
        for one in plan.participants
    )
    return replace(plan, participants=people)


def test_first_report_after_five_seconds(tmp_path: Path) -> None:
    """By their arrivals alone sound and picture are near each other; with the first report they are together, and
    nobody hears it happen."""
    mishaps = Mishaps(delay_ns=40 * MS, jitter_ns=30 * MS, seed=6)
    recorded = uvloop.run(rehearse(late_reports(), tmp_path, 20, RehearsalSettings(mishaps=mishaps), full_quality=True))
    screening = recorded.screening
    reported_ns = (FIRST_REPORT_S + 1) * SECOND_NS  # of the track that came last, and on its way
    before: list[int] = []
    after: list[int] = []
    jumps: list[int] = []
    for number in NUMBERS:
        beeps = screening.hearing.beep_onsets(number)
        # A recording may begin in the middle of a beep.
        begins_ns = first_heard_ns(screening.hearing, number) + 100 * MS
        early = [beep for beep in beeps if begins_ns < beep < FIRST_REPORT_S * SECOND_NS]
        jumps += [abs(later - earlier - SECOND_NS) for earlier, later in pairwise(early)]
        for flash in screening.viewing.flashes(number):
            near = min(beeps, key=lambda beep: abs(beep - flash))
            (after if flash >= reported_ns else before).append(flash - near)
        assert measure_skew(screening.viewing, screening.hearing, number).unmatched == 0
    worst_after_ms, worst_before_ms = (max(map(abs, skews)) / MS for skews in (after, before))
    jump_ms = max(jumps) / MS
    silence_ms = max(longest_silence_ns(screening, number) for number in NUMBERS) / MS
    met = worst_after_ms <= 40 and jump_ms <= 20 and silence_ms <= 25
    note(
        3,
        "audio and video start with unrelated timestamps, first sender report after 5 s",
        "within 40 ms from the first report on, no audible jump larger than one 20 ms block before it",
        f"worst skew {worst_after_ms:.0f} ms after the report ({len(after)} flashes), {worst_before_ms:.0f} ms before; "
        f"longest gap in a voice {silence_ms:.0f} ms, largest jump of a beep before it {jump_ms:.1f} ms",
        met=met,
        order=6,
    )
    assert len(before) >= 4
    assert len(after) >= 16
    assert met, (before, after, jump_ms, silence_ms)
