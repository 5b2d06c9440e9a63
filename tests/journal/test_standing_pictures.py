"""A picture that stands, as it is told afterwards."""

from types import SimpleNamespace
from typing import Any

from mixer.marks import Mark, MarkKind, Marks
from mixer.picture.entry import Entry
from mixer.picture.timeline import TimelineStats
from mixer.source import Source, SourceKind

MS = 1_000_000
TICK = 100 * MS


def entry(*, stage: bool = False) -> Entry:
    timeline: Any = SimpleNamespace(stats=TimelineStats())
    return Entry(Source("v", "ann", SourceKind.VIDEO, stage), timeline, 1)


def picture(pts_ms: int) -> Any:
    return SimpleNamespace(pts_ns=pts_ms * MS)


def test_from_its_last_new_picture_on() -> None:
    """Told once, when it moves again; also when not every tick was drawn meanwhile. Shorter ones are none."""
    marks, one = Marks(), entry()
    for tick_ms in (*range(1000, 2000, 100), 2500, 3000):
        one.count_freeze(picture(1000), tick_ms * MS, TICK, marks)
    assert marks.take() == []
    one.count_freeze(picture(3050), 3100 * MS, TICK, marks)
    assert marks.take() == [Mark(MarkKind.FROZEN, "v", 1000 * MS, 3000 * MS)]
    one.count_freeze(picture(3050), 3500 * MS, TICK, marks)
    one.thaw(marks)
    assert marks.take() == []


def test_not_shown_any_more() -> None:
    """It stood until then."""
    marks, one = Marks(), entry()
    one.count_freeze(picture(1000), 1600 * MS, TICK, marks)
    one.thaw(marks)
    one.thaw(marks)
    assert marks.take() == [Mark(MarkKind.FROZEN, "v", 1000 * MS, 1600 * MS)]


def test_a_stage_at_rest() -> None:
    """Is not frozen: a slide is meant to stand."""
    marks, one = Marks(), entry(stage=True)
    one.count_freeze(picture(0), 20_000 * MS, TICK, marks)
    one.thaw(marks)
    assert marks.take() == []
