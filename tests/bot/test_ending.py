"""The rules that end a recording, by a clock that the test turns."""

from dataclasses import replace

import pytest

from bot.ending import Limits, Presences, Sight, next_end
from bot.lifecycle import EndReason

MINUTE = 60 * 1_000_000_000
HOUR = 60 * MINUTE
LIMITS = Limits(host_absent_ns=15 * MINUTE, room_empty_ns=15 * MINUTE, room_timeout_ns=72 * HOUR, duration_ns=24 * HOUR)
ADA, BEN = frozenset({"ada"}), frozenset({"ben"})
NOBODY = Sight(frozenset(), anybody=False)
GUESTS = Sight(frozenset(), anybody=True)
WITH_ADA = Sight(ADA, anybody=True)
OPENED = Presences(opened_ns=0)


def ends(presences: Presences, now_ns: int = 0, *, recorded_ns: int = 0, paused: bool = False) -> tuple[int, EndReason]:
    end = next_end(presences, LIMITS, now_ns, recorded_ns=recorded_ns, paused=paused)
    return end.at_ns, end.reason


def test_host_who_leaves() -> None:
    """Fifteen minutes after the last host was seen, not after the first look without one."""
    seen = OPENED.look(WITH_ADA, HOUR).look(GUESTS, HOUR + MINUTE).look(GUESTS, HOUR + 5 * MINUTE)
    assert ends(seen, HOUR + 5 * MINUTE) == (HOUR + 16 * MINUTE, EndReason.HOST_ABSENT)


def test_host_who_comes_back() -> None:
    """The clock is gone; the next absence has fifteen minutes of its own."""
    back = OPENED.look(WITH_ADA, 0).look(GUESTS, MINUTE).look(WITH_ADA, 15 * MINUTE)
    assert ends(back)[1] is EndReason.DURATION_LIMIT
    assert ends(back.look(GUESTS, HOUR), HOUR) == (HOUR + 15 * MINUTE, EndReason.HOST_ABSENT)


def test_room_without_a_host_from_the_beginning() -> None:
    """Who never came has not left: rooms whose SFU knows no roles are recorded to their end."""
    assert ends(OPENED.look(GUESTS, 0).look(GUESTS, 20 * HOUR), 0)[1] is EndReason.DURATION_LIMIT


def test_one_of_two_hosts_leaves() -> None:
    """The other one is enough."""
    both = OPENED.look(Sight(ADA | BEN, anybody=True), 0).look(Sight(BEN, anybody=True), MINUTE)
    assert both.host_absent_since_ns is None
    assert both.look(GUESTS, 2 * MINUTE).host_absent_since_ns == 2 * MINUTE


@pytest.mark.parametrize("identity", [None, "ada"])
def test_told_that_the_host_left(identity: str | None) -> None:
    """By the conferencing server, with or without a name, of a room in which the bot can see no roles; and back."""
    told = OPENED.look(GUESTS, 0).tell(present=False, identity=identity, now_ns=MINUTE)
    assert ends(told) == (16 * MINUTE, EndReason.HOST_ABSENT)
    again = told.tell(present=False, identity=identity, now_ns=5 * MINUTE)
    assert ends(again) == (16 * MINUTE, EndReason.HOST_ABSENT), "told twice starts no new clock"
    assert again.tell(present=True, identity=identity, now_ns=6 * MINUTE).host_absent_since_ns is None


def test_told_of_a_host_whom_the_room_shows() -> None:
    """The server knows better than the roster, until the roster changes."""
    told = OPENED.look(WITH_ADA, 0).tell(present=False, identity="ada", now_ns=MINUTE).look(WITH_ADA, 2 * MINUTE)
    assert told.host_absent_since_ns == MINUTE
    assert told.look(GUESTS, 3 * MINUTE).look(WITH_ADA, 4 * MINUTE).host_absent_since_ns is None


def test_told_of_one_host_while_another_is_there() -> None:
    """Only he who is named has left."""
    both = OPENED.look(WITH_ADA, 0).tell(present=True, identity="eve", now_ns=0)
    assert both.tell(present=False, identity="eve", now_ns=1).host_absent_since_ns is None


def test_away_from_the_room() -> None:
    """While the connection is lost nobody is taken for absent, and an absence that had begun goes on."""
    lost = OPENED.look(WITH_ADA, 0).look(None, 40 * MINUTE)
    assert lost.host_absent_since_ns is None
    absent = OPENED.look(WITH_ADA, 0).look(NOBODY, MINUTE).look(None, 10 * MINUTE)
    assert absent.host_absent_since_ns == absent.empty_since_ns == MINUTE


def test_nobody_there() -> None:
    """Fifteen minutes with nobody in it, from the beginning as well; whoever comes stops the clock."""
    empty = OPENED.look(NOBODY, MINUTE).look(NOBODY, 5 * MINUTE)
    assert ends(empty) == (16 * MINUTE, EndReason.ROOM_EMPTY)
    assert empty.look(GUESTS, 6 * MINUTE).empty_since_ns is None


def test_hours_in_the_file() -> None:
    """A day of recording counts what is in the file: a pause stops its clock, and only its."""
    assert ends(OPENED, HOUR, recorded_ns=23 * HOUR) == (2 * HOUR, EndReason.DURATION_LIMIT)
    assert ends(OPENED, HOUR, recorded_ns=23 * HOUR, paused=True) == (72 * HOUR, EndReason.ROOM_TIMEOUT)
    assert ends(OPENED, HOUR, recorded_ns=25 * HOUR) == (HOUR, EndReason.DURATION_LIMIT)


def test_room_that_has_been_open_for_days() -> None:
    """Its time-out counts from when it was opened, long before the recording."""
    old = replace(OPENED, opened_ns=-71 * HOUR)
    assert ends(old) == (HOUR, EndReason.ROOM_TIMEOUT)


def test_the_first_rule_counts() -> None:
    """Of several that run, the one that comes due first."""
    both = OPENED.look(WITH_ADA, 0).look(GUESTS, MINUTE).look(NOBODY, 2 * MINUTE)
    assert ends(both) == (16 * MINUTE, EndReason.HOST_ABSENT)


def test_another_clock() -> None:
    """After a restart of the machine everything lies where it lay, told by the new clock."""
    before = OPENED.look(WITH_ADA, 0).look(NOBODY, MINUTE)
    after = before.shifted(-HOUR)
    assert (after.opened_ns, after.host_absent_since_ns, after.empty_since_ns) == (-HOUR, MINUTE - HOUR, MINUTE - HOUR)
