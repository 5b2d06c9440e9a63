"""Figures of one publication out of a recording: which of its frames are there, how long a picture or a voice was gone.

Numbers count from when it is first seen or heard; the last second of a file is left out (`TAIL_NS`): when a recording
is stopped, nobody waits for what is still on its way.
"""

from dataclasses import dataclass
from itertools import pairwise

from signaling.rehearsal.hearing import Hearing
from signaling.rehearsal.rhythm import SECOND_NS
from tests.end_to_end.screening import Screening

TAIL_NS = SECOND_NS
_HEARD_NS = 100_000_000


@dataclass(frozen=True)
class Counted:
    """`freeze_ns`: the longest that one frame stayed, the time it is meant to stay included. `missing_s`: when frames
    that are not there would have been shown, at most the first ten."""

    shown: int
    sent: int
    freeze_ns: int
    missing_s: tuple[float, ...] = ()

    @property
    def share(self) -> float:
        return self.shown / self.sent

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(
            self.shown + other.shown,
            self.sent + other.sent,
            max(self.freeze_ns, other.freeze_ns),
            self.missing_s + other.missing_s,
        )


def count_frames(
    screening: Screening, publication: int, fps: int, from_ns: int = 0, to_ns: int | None = None
) -> Counted:
    """Of a publication that sends all the time, at a rate of at most half of the file's. Times are the file's."""
    until_ns = screening.picture_times_ns()[-1] - TAIL_NS if to_ns is None else to_ns
    frames = screening.viewing.frames(publication, fps, screening.origin_ns)
    seen = [(at_ns, round(capture * fps / SECOND_NS)) for at_ns, capture in frames if from_ns <= at_ns < until_ns]
    assert seen, f"publication {publication} is not seen at all"
    numbers = {number for _, number in seen}
    # A picture that stands when the window ends stands for frames that are missing.
    due = (until_ns + screening.origin_ns) * fps // SECOND_NS - 1
    moments = [at_ns for at_ns, _ in seen] + [until_ns]
    longest_ns = max(later - earlier for earlier, later in pairwise(moments))
    sent = range(min(numbers), max(due, *numbers) + 1)
    missing = [round(number / fps - screening.origin_ns / SECOND_NS, 2) for number in sent if number not in numbers]
    return Counted(len(numbers), len(sent), longest_ns, tuple(missing[:10]))


def longest_silence_ns(screening: Screening, publication: int, to_ns: int | None = None) -> int:
    """The longest gap in a voice that never pauses."""
    hearing = screening.hearing
    end_ns = hearing.duration_ns - TAIL_NS if to_ns is None else to_ns
    dips = hearing.dips(publication, first_heard_ns(hearing, publication), end_ns)
    return max((end - start for start, end in dips), default=0)


def first_heard_ns(hearing: Hearing, publication: int) -> int:
    """When a voice begins, good to 20 ms."""
    steps = range(0, hearing.duration_ns, _HEARD_NS // 5)
    return next(at_ns for at_ns in steps if hearing.heard(publication, at_ns, at_ns + _HEARD_NS) == 1.0)
