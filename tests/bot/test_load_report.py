"""What a busy machine has cost, in words."""

from dataclasses import asdict, fields, replace

from bot.progress import Progress, as_line
from bot.report import as_steps, load_report
from mixer.controller import Step
from mixer.effort import ladder
from mixer.stats import MixStats

SECOND = 1_000_000_000
FULL, FASTER = ladder(2)[:2]
NOTHING = {field.name: 0 for field in fields(MixStats)}
QUIET = Progress(65.0, 3, 30.0, 2000.0, 100, 0, 0, 0.5, 0.0, 0, "")


def stats(**given: object) -> MixStats:
    return MixStats(**NOTHING | {"steps": ()} | given)  # type: ignore[arg-type]


def test_a_step_says_when_what_and_why() -> None:
    """A person reads it: seconds, names, and how far behind; coming back has another reason."""
    steps = (
        Step(12_345_000_000, FULL, FASTER, 420_000_000, 0.7, 1.31),
        Step(25 * SECOND, FASTER, FULL, 0, 0.3, 0.4),
    )
    load = load_report(stats(steps=steps, steps_left_out=2, reduced_ns=13 * SECOND, ticks_repeated=4))
    assert asdict(load) == {
        "pictures_repeated": 4,
        "reduced_s": 13.0,
        "steps": (
            {
                "at_s": 12.345,
                "before": "full quality",
                "after": "faster encoding",
                "why": "0.4 s behind: mixing took 70% of the time there is, encoding 131%",
            },
            {
                "at_s": 25.0,
                "before": "faster encoding",
                "after": "full quality",
                "why": "there is room again: mixing took 30% of the time there is, encoding 40%",
            },
        ),
        "steps_left_out": 2,
    }


def test_inspect_tells_the_steps() -> None:
    """A line for each, and nothing for a recording that cost nothing."""
    steps = (Step(72 * SECOND, FULL, FASTER, 420_000_000, 0.7, 1.31),)
    load = load_report(stats(steps=steps, steps_left_out=2, reduced_ns=13 * SECOND, ticks_repeated=4))
    assert as_steps(asdict(load)) == [
        "reduced quality for 13.0 s, 4 pictures repeated",
        "0:01:12  faster encoding (0.4 s behind: mixing took 70% of the time there is, encoding 131%)",
        "and 2 more",
    ]
    assert as_steps(asdict(load_report(stats()))) == []


def test_the_progress_line_says_what_gives_way() -> None:
    """At full quality it says nothing of it."""
    assert "reduced" not in as_line(QUIET)
    reduced = replace(QUIET, effort=1, gives_way=FASTER.name)
    assert as_line(reduced) == as_line(QUIET) + "  reduced: faster encoding"
