"""Reads a recording of a generated room back and holds it against the room's plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

from mixer.effort import FULL
from signaling.model import TrackKind
from signaling.rehearsal.course import Expected, expected
from signaling.rehearsal.hearing import Hearing, measure_skew, read_tones
from signaling.rehearsal.plan import Plan, PublicationPlan
from signaling.rehearsal.reader import Viewing, read_marks
from signaling.rehearsal.rhythm import SECOND_NS

STEP_NS = SECOND_NS // 10
SETTLED_NS = 2 * SECOND_NS
BESIDE_NS = SECOND_NS // 2
HEARD_SHARE = 0.8  # of a tenth of a second; measuring a tone takes 12 ms on each side of a change


@dataclass
class Screening:
    """One file and the plan it should show. `fps` is that of the file."""

    path: Path
    plan: Plan

    @cached_property
    def viewing(self) -> Viewing:
        return read_marks(self.path)

    @cached_property
    def hearing(self) -> Hearing:
        return read_tones(self.path, [publication.number for _, publication in self.publications])

    @property
    def publications(self) -> list[tuple[str, PublicationPlan]]:
        return [(one.identity, publication) for one in self.plan.participants for publication in one.publications]

    @cached_property
    def origin_ns(self) -> int:
        """Room time at the file's time 0, by what most of the pictures say."""
        late = [
            capture_ns - time_ns
            for _, publication in self.publications
            if publication.video
            for time_ns, capture_ns in self.viewing.frames(publication.number, publication.video[0].fps, 0)
        ]
        return int(median(late))

    def differences(self, *, settle_ns: int, hold_ns: int) -> list[str]:
        """Every tenth of a second in which a publication is not seen or heard but should be, or the other way round.
        The tenths beside a change are not judged: packets and ticks are shown whole or not at all."""
        wrong = []
        for identity, publication in self.publications:
            for kind in publication.kinds:
                for file_ns in range(0, self.hearing.duration_ns - STEP_NS, STEP_NS):
                    verdicts = {
                        expected(
                            self.plan, identity, publication.name, kind, file_ns + self.origin_ns + edge_ns,
                            settle_ns=settle_ns, hold_ns=hold_ns, joined_ns=self.origin_ns,
                        )
                        for edge_ns in (-STEP_NS, 0, STEP_NS, 2 * STEP_NS)
                    }  # fmt: skip
                    there = self._share(publication.number, kind, file_ns)
                    if verdicts == {Expected.REQUIRED} and there < HEARD_SHARE:
                        wrong.append(f"{identity} {kind} is missing at {file_ns / 1e9:.1f} s ({there:.2f})")
                    if verdicts == {Expected.FORBIDDEN} and there > 1 - HEARD_SHARE:
                        wrong.append(f"{identity} {kind} is there at {file_ns / 1e9:.1f} s ({there:.2f})")
        return wrong

    def _share(self, number: int, kind: TrackKind, file_ns: int) -> float:
        if kind is TrackKind.AUDIO:
            return self.hearing.heard(number, file_ns, file_ns + STEP_NS)
        pictures = [p for p in self.viewing.pictures if file_ns <= p.time_ns < file_ns + STEP_NS]
        return sum(any(m.publication == number for m in p.marks) for p in pictures) / max(1, len(pictures))

    def worst_skew_ns(self, steps: Sequence[Mapping[str, Any]] = ()) -> dict[int, int]:
        """By publication that has both a picture and a sound; every flash must have its beep. `steps` are the report's:
        only stretches at full quality count, because a camera that shows fewer pictures flashes late by as much."""
        stretches = full_quality(steps, self.hearing.duration_ns) if steps else [(0, self.hearing.duration_ns)]
        pictures = [[p for p in self.viewing.pictures if start <= p.time_ns < end] for start, end in stretches]
        views = [Viewing(tuple(shown)) for shown in pictures]
        found = {}
        for _, publication in self.publications:
            if publication.video and publication.sound:
                skews = [s for view in views for s in measure_skew(view, self.hearing, publication.number).skews_ns]
                assert skews, f"no flash of {publication.number} was found with its beep"
                found[publication.number] = max(skews, key=abs)
        return found

    def picture_times_ns(self) -> list[int]:
        return [picture.time_ns for picture in self.viewing.pictures]


def full_quality(steps: Sequence[Mapping[str, Any]], duration_ns: int) -> list[tuple[int, int]]:
    """Stretches of the file without what is beside a change of quality, and before everybody is in it."""
    stretches, since_ns = [], SETTLED_NS
    for step in steps:
        at_ns = round(step["at_s"] * SECOND_NS)
        if step["before"] == FULL.name:
            stretches.append((since_ns, at_ns - BESIDE_NS))
        since_ns = at_ns + BESIDE_NS
    if not steps or steps[-1]["after"] == FULL.name:
        stretches.append((since_ns, duration_ns))
    return stretches
