"""A picture that stands, as it is told afterwards."""

from dataclasses import replace
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


def test_a_camera_that_is_switched_off() -> None:
    """Is not frozen for as long as its last picture is shown, nor when it is heard late that it is off. What stood for
    long before stays counted, also that of before."""
    for off_at_ms in (1000, 1200, 1800):
        marks, one = Marks(), entry()
        for tick_ms in range(100, 700, 100):
            one.count_freeze(picture(0), tick_ms * MS, TICK, marks)
        before = replace(one.timeline.stats)
        for tick_ms in range(700, 3000, 100):
            if tick_ms == off_at_ms:
                one.mute(tick_ms * MS, True)
            one.count_freeze(picture(min(tick_ms, 1000)), tick_ms * MS, TICK, marks)
        one.thaw(marks)
        assert marks.take() == [Mark(MarkKind.FROZEN, "v", 0, 600 * MS)]
        assert one.timeline.stats == before
        assert before.freezes == 1


def test_a_camera_that_is_taken_away() -> None:
    """As one that is switched off. One that stood for two seconds before was frozen."""
    marks, one = Marks(), entry()
    one.count_freeze(picture(1000), 1900 * MS, TICK, marks)
    one.thaw(marks, gone=True)
    assert (marks.take(), one.timeline.stats.freezes) == ([], 0)
    one.count_freeze(picture(2000), 4000 * MS, TICK, marks)
    one.mute(4050 * MS, True)
    one.thaw(marks)
    assert marks.take() == [Mark(MarkKind.FROZEN, "v", 2000 * MS, 4000 * MS)]
    assert one.timeline.stats.freezes == 1
