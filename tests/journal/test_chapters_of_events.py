"""Where a viewer may want to jump to: calm, few, and nobody named."""

from dataclasses import replace

from bot.journal.chapters import MOST, chapters_of
from bot.journal.events import Events, Interruption, OnStage
from bot.journal.line import What
from tests.journal.notes import S, began, came, end, events, note

QUIET = events(600, began(), came(0, "ann"), came(0, "ben"), end(600))


def staged(*shown: tuple[float, float, str], **changes: object) -> Events:
    stage = tuple(OnStage(from_s=a, to_s=b, identity=who, kind="screen_share") for a, b, who in shown)
    return replace(QUIET, stage=stage, **changes)  # type: ignore[arg-type]


def told(of: Events, *, speakers: bool = False) -> list[tuple[float, str]]:
    return [(at_ns / S, text) for at_ns, text in chapters_of(of, speakers=speakers)]


def test_the_stage() -> None:
    """It begins, changes hands and ends; no name."""
    assert told(staged((10, 30, "ann"), (28, 60, "ben"))) == [
        (10, "Presentation begins"),
        (28, "Presentation changes"),
        (60, "Presentation ends"),
    ]


def test_a_moment_without_a_stage() -> None:
    """One share after the other is a change, the same once more is none, and the file's end is no chapter."""
    assert told(staged((10, 30, "ann"), (31, 60, "ben"), (62, 599, "ben"))) == [
        (10, "Presentation begins"),
        (31, "Presentation changes"),
    ]


def test_no_chapter_within_five_seconds_of_another_of_its_kind() -> None:
    """Somebody who clicks around."""
    marks = told(staged((10, 12, "a"), (12, 14, "b"), (14, 16, "c"), (16, 40, "d"), (100, 101, "a"), (200, 230, "b")))
    times: dict[str, list[float]] = {}
    for at_s, text in marks:
        times.setdefault(text, []).append(at_s)
    assert times["Presentation begins"] == [10, 100, 200]
    assert times["Presentation changes"] == [12]
    assert times["Presentation ends"] == [40, 101, 230]


def test_an_interruption_is_one_chapter() -> None:
    """The share that was there before and after has not ended; a short one is none."""
    away = Interruption(from_s=100, to_s=110, why="room")
    short = Interruption(from_s=200, to_s=202, why="room")
    dead = Interruption(from_s=300, to_s=310, why="bot")  # whose chapter comes with the joint of the parts
    shown = (10.0, 100.0, "ann"), (110.5, 200.0, "ann"), (202.0, 300.0, "ann"), (311.0, 400.0, "ann")
    assert told(staged(*shown, interruptions=(away, short, dead))) == [
        (10, "Presentation begins"),
        (100, "Interrupted for 0:10"),
        (400, "Presentation ends"),
    ]


def test_speakers_by_number() -> None:
    """Who speaks at length, in the order of first sections; interjections and quick answers have none."""
    spoken = {"ann": [(5, 50), (200, 260), (300, 302)], "ben": [(60, 75), (76, 120), (210, 215), (262, 290)]}
    lines = [
        note(at_s, what, who=who)
        for who, spans in spoken.items()
        for span in spans
        for at_s, what in zip(span, (What.SPEAKS, What.SILENT), strict=True)
    ]
    of = events(600, began(), came(0, "ann"), came(0, "ben"), *lines, end(600))
    assert told(of, speakers=True) == [(5, "Speaker 1"), (60, "Speaker 2"), (200, "Speaker 1"), (262, "Speaker 2")]
    assert told(of) == []


def test_never_too_many() -> None:
    """A day of quick changes is spread out."""
    long = replace(staged(*((at_s, at_s + 30.0, "ann") for at_s in range(0, 86_000, 60))), duration_s=86_400.0)
    marks = told(long)
    assert 0 < len(marks) <= MOST
    assert marks[-1][0] > 40_000, "of all of it, not of the beginning"


def test_a_connection_that_is_lost_every_minute() -> None:
    """A day of it has no more chapters of interruptions than of anything else."""
    lost = tuple(Interruption(from_s=60.0 * n, to_s=60.0 * n + 6, why="room") for n in range(1440))
    marks = told(replace(QUIET, duration_s=86_400, interruptions=lost))
    assert 10 <= len(marks) <= MOST
    assert {text for _, text in marks} == {"Interrupted for 0:06"}
