"""What people are told, in the design's words."""

import pytest

from bot.lifecycle import State
from bot.notices import notices


def said(before: State | None, after: State, part: int = 1) -> list[tuple[str, str]]:
    return [(notice.audience, notice.text) for notice in notices(before, after, part=part)]


def test_the_whole_story() -> None:
    """From the order to the file."""
    assert said(None, State.STARTING) == [("everyone", "Recording will start momentarily, please wait.")]
    assert said(State.STARTING, State.RECORDING) == [("everyone", "This session is being recorded.")]
    assert said(State.RECORDING, State.STOPPING) == [
        ("moderators", "Recording ended, starting upload."),
        ("participants", "The recording has completed."),
    ]
    assert said(State.FINALISING, State.AVAILABLE) == [("moderators", "Your recording file is available.")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (State.RECORDING, State.PAUSED),
        (State.PAUSED, State.RECORDING),
        (State.RECORDING, State.RECORDING),
        (State.STOPPING, State.FINALISING),
        (State.FINALISING, State.FAILED),
        (State.STARTING, State.FAILED),
    ],
)
def test_nothing_to_say(before: State, after: State) -> None:
    """Pauses are nobody's business, and what was never announced is not revoked."""
    assert said(before, after) == []


def test_it_broke_off_without_a_stop() -> None:
    """Nobody is recorded any more, and they are told."""
    assert len(said(State.PAUSED, State.FAILED)) == 2


def test_a_later_part() -> None:
    """What was said when the recording began is not said again; the end is."""
    assert said(None, State.STARTING, part=2) == []
    assert said(None, State.RECORDING, part=2) == []
    assert len(said(State.RECORDING, State.STOPPING, part=2)) == 2
