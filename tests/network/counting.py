"""Figures of one publication out of a recording: which of its frames are there, how long a picture or a voice was gone.

Numbers count from when it is first seen or heard; the last second of a file is left out (`TAIL_NS`).
"""

from dataclasses import dataclass

from signaling.rehearsal.rhythm import SECOND_NS
from tests.end_to_end.screening import Screening
from tests.network.rehearsed import TAIL_NS


@dataclass(frozen=True)
class Seen:
    """`freeze_ns`: the longest that one frame stayed, the time it is meant to stay included."""

    shown: int
    sent: int
    freeze_ns: int

    @property
    def share(self) -> float:
        return self.shown / self.sent


def count_frames(screening: Screening, publication: int, fps: int) -> Seen:
    """Of a publication that sends all the time, `fps` well below that of the file."""
    seen = screening.viewing.frames(publication, fps, screening.origin_ns)
    times_ns = screening.picture_times_ns()
    numbers = {round(capture_ns * fps / SECOND_NS) for at_ns, capture_ns in seen if at_ns < times_ns[-1] - TAIL_NS}
    # A picture that stood at the end of what is looked at was frames that are missing, too.
    last = max(numbers.__iter__(), default=0)
    expected = round((times_ns[-1] - TAIL_NS + screening.origin_ns) * fps / SECOND_NS)
    sent = max(last, expected - 1) - min(numbers) + 1
    stays = [at_ns for at_ns, _ in seen] + [times_ns[-1] - TAIL_NS]
    freeze_ns = max((later - earlier for earlier, later in zip(stays, stays[1:], strict=False)), default=0)
    return Seen(len(numbers), sent, freeze_ns)


def longest_silence_ns(screening: Screening, publication: int) -> int:
    """The longest gap in a voice that never pauses."""
    hearing = screening.hearing
    end_ns = hearing.duration_ns - TAIL_NS
    start_ns = next(
        at_ns for at_ns in range(0, end_ns, 20_000_000) if hearing.heard(publication, at_ns, at_ns + 100_000_000) == 1.0
    )
    return max((end - start for start, end in hearing.dips(publication, start_ns, end_ns)), default=0)
