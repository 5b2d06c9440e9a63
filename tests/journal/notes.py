"""Journals written by hand."""

from typing import Any

from bot.journal.events import Events, events_of
from bot.journal.line import Line, What, parse
from bot.journal.story import Story, read_story

S = 1_000_000_000


def note(at_s: float, what: What, **values: Any) -> Line:
    """As it is read back from the disk."""
    line = parse(Line(round(at_s * S), what, values).encoded())
    assert line is not None
    return line


def began(part: int = 1, at_s: float = 0, gap_s: float = 0) -> Line:
    return note(at_s, What.PART, part=part, gap_ns=round(gap_s * S))


def came(at_s: float, who: str) -> Line:
    return note(at_s, What.CAME, who=who, name=who.title())


def on(at_s: float, who: str, shown: str, source: str = "camera") -> Line:
    return note(at_s, What.ON, track=f"{who}-{shown}", who=who, shown=shown, source=source)


def off(at_s: float, who: str, shown: str) -> Line:
    return note(at_s, What.OFF, track=f"{who}-{shown}")


def end(at_s: float) -> Line:
    return note(at_s, What.END, reason="stopped", left_out=0)


def story(*lines: Line | None) -> Story:
    return read_story(lines)


def events(duration_s: float, *lines: Line | None) -> Events:
    return events_of(
        story(*lines),
        recording="r",
        title="Biology",
        started="2026-11-22T10:00:00+00:00",
        duration_ns=round(duration_s * S),
    )
