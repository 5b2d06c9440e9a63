"""When a destination that has not taken a recording is asked again."""

import pytest

from bot.library.publishing.schedule import LONGEST_NS, SECOND_NS, wait_ns


def test_waits_grow_to_ten_minutes() -> None:
    """The first attempt follows after a second; however often it failed, nobody waits longer than ten minutes."""
    waits_s = [wait_ns(failures, 0.0) / SECOND_NS for failures in range(1, 13)]
    assert waits_s == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]
    assert wait_ns(10**9, 0.0) == 600 * SECOND_NS


def test_what_failed_together_is_not_tried_together() -> None:
    """Each wait is spread by up to a fifth."""
    assert wait_ns(11, 0.999) == pytest.approx(720 * SECOND_NS, rel=0.001)
    assert wait_ns(1, 0.5) == int(1.1 * SECOND_NS)


def test_what_a_destination_asks_for_is_kept_within_bounds() -> None:
    """A destination may say when it wants to be asked again, but not that it never wants to,
    nor without end."""
    assert wait_ns(5, 0.0, 90.0) == 90 * SECOND_NS
    assert wait_ns(5, 0.0, -3.0) == wait_ns(5, 0.0, 0.0) == SECOND_NS // 10
    assert wait_ns(1, 0.999, 1e12) <= LONGEST_NS
