"""What the rules of retention say, by values."""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from bot.library.catalogue.recording import Recording
from bot.library.retention.rules import DAY_S, HOUR_S, LEAST_IN_TRASH_S, Deed, Plan, Rules, Stored, plan, why_kept
from bot.lifecycle import State
from signaling.model import RoomKind

NOW_S = 1_795_000_000.0
GB = 1_000_000_000


def recording(name: str = "r", *, days: float = 10, **values: Any) -> Recording:
    """Over and published so many days ago."""
    at_s = NOW_S - days * DAY_S
    usual: dict[str, Any] = {
        "state": State.AVAILABLE,
        "asked_at": at_s - HOUR_S,
        "ended_at": at_s,
        "published_at": at_s,
        "path": f"media/{name}.mp4",
    }
    return Recording(
        id=name, room="team", room_title="", room_kind=RoomKind.SINGLE, parent=None, title="", started_by="ben",
        owner="olga", folder="Recordings", **usual | values,
    )  # fmt: skip


def stored(
    name: str = "r", size_bytes: int = GB, *, undelivered: bool = False, loose: bool = False, **values: Any
) -> Stored:
    return Stored(recording(name, **values), size_bytes, undelivered, loose)


def planned(what: Sequence[Stored], *, free_bytes: int = 100 * GB, **rules: Any) -> Plan:
    return plan(what, Rules(**rules), now_s=NOW_S, free_bytes=free_bytes)


def names(made: Plan, deed: Deed) -> list[str]:
    return [step.recording.id for step in made.steps if step.deed is deed]


def test_by_default_nothing_ever_goes() -> None:
    """However old, however full the disk."""
    assert planned([stored(days=5000)], free_bytes=0) == Plan()


def test_what_was_kept_long_enough_goes_into_the_trash() -> None:
    """From the day on, the oldest first; what was published late counts from then."""
    what = [
        stored("young", days=29.9),
        stored("day", days=30),
        stored("late", days=90, published_at=NOW_S - 2 * DAY_S),
        stored("old", days=90),
    ]
    made = planned(what, keep_s=30 * DAY_S)
    assert names(made, Deed.TRASH) == ["old", "day"]
    assert names(made, Deed.REMOVE) == []
    assert made.steps[0].why == "kept for 30 days"


def test_after_its_grace_it_is_removed() -> None:
    """Out of the trash, and only from there."""
    what = [
        stored("fresh", days=90, trashed_at=NOW_S - 29 * DAY_S),
        stored("stale", days=90, trashed_at=NOW_S - 30 * DAY_S),
    ]
    assert names(planned(what), Deed.REMOVE) == ["stale"]
    assert names(planned(what, trash_s=0), Deed.REMOVE) == ["stale", "fresh"]


def test_nothing_is_removed_before_its_time() -> None:
    """keep_least holds against age, against a full disk, and against whoever threw it away by hand."""
    what = [
        stored("a", days=6),
        stored("b", days=6, trashed_at=NOW_S - 5 * DAY_S),
        stored("c", days=8, trashed_at=NOW_S - 5 * DAY_S),
        stored("d", days=8),
    ]
    made = planned(what, keep_s=DAY_S, keep_least_s=7 * DAY_S, keep_free_bytes=50 * GB, trash_s=DAY_S, free_bytes=0)
    assert names(made, Deed.REMOVE) == ["c"]
    assert names(made, Deed.TRASH) == ["d"]


def test_room_is_made_by_the_oldest_and_no_more_than_is_needed() -> None:
    """Two of three gigabytes are missing: the two oldest go into the trash, and from there in the hour after."""
    what = [stored(str(days), days=days) for days in (3, 9, 5)]
    made = planned(what, keep_free_bytes=10 * GB, free_bytes=8 * GB)
    assert (names(made, Deed.TRASH), names(made, Deed.REMOVE)) == (["9", "5"], [])
    assert made.steps[0].why == "less is free than is to be held"
    assert made.short_bytes == 0
    assert planned(what, keep_free_bytes=10 * GB, free_bytes=10 * GB) == Plan()


def test_what_is_in_the_trash_makes_room_first() -> None:
    """Early, the longest there first, but never within its first hour; what is still there counts for the next time."""
    what = [
        stored("new", days=9, trashed_at=NOW_S - LEAST_IN_TRASH_S + 1),
        stored("first", days=3, trashed_at=NOW_S - 2 * HOUR_S),
        stored("second", days=9, trashed_at=NOW_S - LEAST_IN_TRASH_S),
        stored("kept", days=20),
    ]
    made = planned(what, keep_free_bytes=10 * GB, free_bytes=9 * GB)
    assert (names(made, Deed.REMOVE), names(made, Deed.TRASH)) == (["first"], [])
    made = planned(what, keep_free_bytes=10 * GB, free_bytes=7 * GB)
    assert (names(made, Deed.REMOVE), names(made, Deed.TRASH)) == (["first", "second"], [])
    made = planned(what, keep_free_bytes=10 * GB, free_bytes=6 * GB)
    assert (names(made, Deed.REMOVE), names(made, Deed.TRASH)) == (["first", "second"], ["kept"])


def test_it_says_when_there_is_nothing_left_that_may_go() -> None:
    """The rest is unpublished, or too young: how much is missing is the answer."""
    what = [stored("old", days=9), stored("way", days=9, state=State.UPLOADING, published_at=None)]
    assert planned(what, keep_free_bytes=10 * GB, free_bytes=5 * GB).short_bytes == 4 * GB


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (stored(state=State.UPLOADING, published_at=None), "It is not over"),
        (stored(state=State.RECORDING, published_at=None), "It is not over"),
        (stored(published_at=None), "Not every destination"),
        (stored(undelivered=True), "Not every destination"),
        (stored(state=State.FAILED, published_at=None), "Not every destination"),
        (stored(held=True), "It is held back"),
        (stored(state=State.FAILED, given_up=True, path=None, published_at=None), "Its parts could not"),
        (stored(state=State.FAILED, path=None, published_at=None, undelivered=True), "Not every destination"),
    ],
)
def test_why_something_stays(what: Stored, why: str) -> None:
    """A sentence for whoever asks; and no rule touches it."""
    assert why_kept(what).startswith(why)
    assert planned([what], keep_s=1, keep_free_bytes=10 * GB, trash_s=0, free_bytes=0).steps == ()


def test_what_failed_and_left_nothing_goes_as_all_others() -> None:
    """There is nothing of it to publish: its logs and reports are all that is kept."""
    what = stored("failed", state=State.FAILED, path=None, published_at=None)
    assert why_kept(what) == ""
    assert names(planned([what], keep_s=DAY_S), Deed.TRASH) == ["failed"]


def test_what_has_no_file_in_the_library_waits_for_no_destination() -> None:
    """Its file lies elsewhere: nothing of it is ever published, and it goes as all others."""
    assert why_kept(stored(path=None, published_at=None)) == ""
    assert why_kept(stored(path=None, published_at=None, undelivered=True)).startswith("Not every destination")


def test_loose_files_are_for_people_to_throw_away() -> None:
    """No rule puts them into the trash; what a person put there goes as all others."""
    assert planned([stored(loose=True)], keep_s=1, keep_free_bytes=10 * GB, free_bytes=0).steps == ()
    thrown = stored("thrown", loose=True, trashed_at=NOW_S - 31 * DAY_S)
    assert names(planned([thrown]), Deed.REMOVE) == ["thrown"]


def anything(chance: random.Random, number: int) -> Stored:
    """Any recording there may be, sense or nonsense."""
    at_s = NOW_S - chance.uniform(-1, 100) * DAY_S
    values: dict[str, Any] = {
        "state": chance.choice(list(State)),
        "published_at": chance.choice([None, at_s]),
        "ended_at": chance.choice([None, at_s]),
        "path": chance.choice([None, "media/x.mp4"]),
        "held": chance.random() < 0.2,
        "given_up": chance.random() < 0.2,
        "trashed_at": chance.choice([None, NOW_S - chance.uniform(-0.1, 60) * DAY_S]),
    }
    return stored(
        f"r{number}", chance.randrange(5 * GB), undelivered=chance.random() < 0.2, loose=chance.random() < 0.2,
        days=chance.uniform(0, 100), **values,
    )  # fmt: skip


def test_never_anything_unpublished() -> None:
    """Whatever there is, whatever the settings, however short the disk: 1,000 libraries of up to forty recordings."""
    gone = 0
    for seed in range(1000):
        chance = random.Random(seed)
        what = {one.recording.id: one for one in (anything(chance, number) for number in range(chance.randrange(40)))}
        rules = Rules(
            keep_s=chance.choice([0, 1, 10, 40]) * DAY_S,
            keep_least_s=chance.choice([0, 20]) * DAY_S,
            keep_free_bytes=chance.choice([0, 1, 30]) * GB,
            trash_s=chance.choice([0, 1, 30]) * DAY_S,
        )
        made = plan(what.values(), rules, now_s=NOW_S, free_bytes=chance.randrange(40 * GB))
        assert len({step.recording.id for step in made.steps}) == len(made.steps)
        for step in made.steps:
            one = what[step.recording.id]
            recording = one.recording
            assert recording.state in {State.AVAILABLE, State.FAILED}
            assert (recording.held, recording.given_up, one.undelivered) == (False, False, False)
            assert recording.published_at is not None or recording.path is None
            assert NOW_S - one.since_s >= rules.keep_least_s
            assert (recording.trashed_at is None) == (step.deed is Deed.TRASH)
            assert step.deed is Deed.REMOVE or not one.loose
            gone += 1
    assert gone > 500, "the rules were hardly tried"
