"""Durations, waiting before joining again, and the states of a recording."""

import pytest

from bot.backoff import wait_ns
from bot.duration import clock_text, parse_duration_s
from bot.lifecycle import State, advance


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("1h30m", 5400), ("24h", 86400), ("7", 7), ("500ms", 0.5)]
)
def test_durations_as_people_write_them(text: str, seconds: float) -> None:
    """Hours, minutes and seconds, alone or together."""
    assert parse_duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5s", "5 s s", "1d", "h", "90sm", "1e3s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Anything else is an error, not zero."""
    with pytest.raises(ValueError, match="no duration"):
        parse_duration_s(text)


def test_counter_reads_at_a_glance() -> None:
    """Hours are not padded, minutes and seconds are."""
    assert clock_text(3 * 3600 + 4 * 60 + 5.9) == "3:04:05"


def test_waits_grow_and_stay_bounded() -> None:
    """A quarter of a second at first, ten seconds at most, always more than half of what is planned."""
    waits = [wait_ns(attempt, 0.999) for attempt in range(100)]
    assert waits[0] < wait_ns(0, 0.0) == 250_000_000
    assert max(waits) <= wait_ns(10**6, 0.0) == 10_000_000_000
    assert min(waits) > 125_000_000


def test_every_state_can_fail_until_the_end() -> None:
    """A recording that is not over can fail, one that is over stays as it is."""
    for state in State:
        if state in {State.AVAILABLE, State.FAILED}:
            with pytest.raises(ValueError, match="cannot go"):
                advance(state, State.FAILED)
        else:
            assert advance(state, State.FAILED) is State.FAILED
