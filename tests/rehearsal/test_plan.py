"""A plan says for every second what a recording must, may and must not show."""

import pytest

from signaling.model import TrackKind, TrackSource
from signaling.rehearsal.course import Expected, Span, expected, spans
from signaling.rehearsal.demo import demo_plan, steady_plan
from signaling.rehearsal.encoding import SoundEncoding, VideoEncoding
from signaling.rehearsal.plan import (
    Close,
    Crash,
    Encode,
    Join,
    Mute,
    MuteBy,
    ParticipantPlan,
    Plan,
    PublicationPlan,
    Publish,
    Reconnect,
    Unmute,
    Unpublish,
)
from signaling.rehearsal.rhythm import SECOND_NS

S = SECOND_NS
LARGE, SMALL = VideoEncoding(), VideoEncoding(width=320, height=180)
ADA = ParticipantPlan("ada", "Ada", (PublicationPlan("camera", 1, (LARGE,), SoundEncoding()),))
VIDEO, AUDIO = TrackKind.VIDEO, TrackKind.AUDIO


def _edges(plan: Plan, kind: TrackKind = VIDEO) -> list[tuple[int, int | None]]:
    return [(span.start_ns, span.end_ns) for span in spans(plan, "ada", "camera", kind)]


def test_one_who_comes_mutes_and_crashes() -> None:
    """Only the kind that is muted goes away; a crash ends everything, whether or not anybody says so."""
    plan = Plan(
        (ADA,),
        (
            Join(2 * S, "ada"),
            Mute(4 * S, "ada", "camera", VIDEO, announced=False),
            Unmute(6 * S, "ada", "camera", VIDEO),
            Crash(9 * S, "ada", noticed_after_ns=S),
        ),
    )
    assert _edges(plan) == [(2 * S, 4 * S), (6 * S, 9 * S)]
    assert _edges(plan, AUDIO) == [(2 * S, 4 * S), (4 * S, 6 * S), (6 * S, 9 * S)]


def test_blanked_pictures_show_nothing() -> None:
    """Black pictures are still sent, but there is nothing to see."""
    plan = Plan((ADA,), (Mute(4 * S, "ada", "camera", VIDEO, by=MuteBy.BLANKING),))
    assert _edges(plan) == [(0, 4 * S)]


def test_reconnecting_leaves_a_gap() -> None:
    """Gone for the gap, then there again, until the room closes."""
    plan = Plan((ADA,), (Reconnect(3 * S, "ada", 2 * S), Close(8 * S)))
    assert _edges(plan) == [(0, 3 * S), (5 * S, 8 * S)]
    assert plan.end_ns == 8 * S


def test_a_change_of_size_is_no_gap() -> None:
    """It is required all the time; the size is known for each stretch."""
    plan = Plan((ADA,), (Encode(4 * S, "ada", "camera", (SMALL,)), Unpublish(6 * S, "ada", "camera")))
    assert spans(plan, "ada", "camera", VIDEO)[:2] == (
        Span(0, 4 * S, False, (LARGE,)),
        Span(4 * S, 6 * S, False, (SMALL,)),
    )
    asked = [expected(plan, "ada", "camera", VIDEO, at) for at in (0, S, 4 * S, 6 * S, 7 * S, 8 * S + 1)]
    assert asked == [Expected.OPTIONAL, *[Expected.REQUIRED] * 3, Expected.OPTIONAL, Expected.FORBIDDEN]


def test_nothing_is_expected_before_it_comes() -> None:
    """Forbidden before, optional while it settles, required from then on; later for a recording that began later."""
    plan = Plan((ADA,), (Publish(5 * S, "ada", "camera"),))
    asked = [expected(plan, "ada", "camera", VIDEO, at, settle_ns=S) for at in (5 * S - 1, 5 * S, 6 * S, 90 * S)]
    assert asked == [Expected.FORBIDDEN, Expected.OPTIONAL, Expected.REQUIRED, Expected.REQUIRED]
    assert expected(plan, "ada", "camera", VIDEO, 6 * S, joined_ns=6 * S) is Expected.OPTIONAL


def test_mistakes_in_a_plan_are_named() -> None:
    """A number twice, or an action for somebody who is not there."""
    with pytest.raises(ValueError, match="'ben'"):
        Plan((ADA,), (Crash(0, "ben"),))
    with pytest.raises(ValueError, match="'stage'"):
        Plan((ADA,), (Unpublish(0, "ada", "stage"),))
    with pytest.raises(ValueError, match="twice"):
        Plan((ADA, ParticipantPlan("ben", "Ben", ADA.publications)))


def test_the_demo_shows_everything_in_any_length() -> None:
    """Four cameras and a stage, all of them at some time, with a mute, a crash and changes of size."""
    for seconds in (10, 20, 60):
        plan = demo_plan(seconds)
        seen = [
            (one.identity, publication.name, bool(spans(plan, one.identity, publication.name, VIDEO)))
            for one in plan.participants
            for publication in one.publications
        ]
        assert [name for _, name, _ in seen].count("camera") == 4
        assert all(shown for *_, shown in seen)
        assert plan.end_ns == seconds * S
    stage = plan.publication("ada", "stage")
    assert stage.source(VIDEO) is TrackSource.SCREEN_SHARE


def test_rooms_of_many_alike() -> None:
    """Cameras with microphones, and more microphones than cameras."""
    plan = steady_plan([SMALL] * 3, stage=LARGE, microphones=5, seconds=2.5)
    kinds = [publication.kinds for one in plan.participants for publication in one.publications]
    assert kinds == [(VIDEO, AUDIO)] * 3 + [(AUDIO,)] * 2 + [(VIDEO,)]
    assert plan.end_ns == 2_500_000_000
