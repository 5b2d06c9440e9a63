"""What becomes of a recording whose bot ended, by rules on made-up remains and a clock that is turned."""

import os
from dataclasses import replace

import pytest

from bot.configuration import Configuration, load
from bot.lifecycle import State
from bot.service.bot_environment import bot_environment
from bot.service.upkeep import (
    LASTING_NS,
    MOST_DEATHS,
    MOST_FINISHES,
    RESUMED_WITHIN_NS,
    SILENT_NS,
    STUCK_NS,
    Deaths,
    Remains,
    Step,
    Vigil,
    next_step,
)

SECOND_NS = 1_000_000_000
DIED = Remains(state=State.RECORDING, has_order=True, has_parts=True, age_ns=SECOND_NS, stop_asked=False)
NONE = Deaths()


@pytest.mark.parametrize(
    ("remains", "step"),
    [
        (DIED, Step.GO_ON),
        (replace(DIED, state=State.PAUSED), Step.GO_ON),
        (replace(DIED, state=State.STARTING, has_parts=False), Step.GO_ON),
        (replace(DIED, state=None, has_parts=False), Step.GO_ON),
        (replace(DIED, age_ns=RESUMED_WITHIN_NS + 1), Step.FINISH),
        (replace(DIED, state=State.PAUSED, age_ns=100 * RESUMED_WITHIN_NS), Step.GO_ON),
        (replace(DIED, state=State.STOPPING), Step.FINISH),
        (replace(DIED, state=State.FINALISING), Step.FINISH),
        (replace(DIED, stop_asked=True), Step.FINISH),
        (replace(DIED, stop_asked=True, has_parts=False), Step.GIVE_UP),
        (replace(DIED, state=None, has_order=False), Step.GIVE_UP),
        (replace(DIED, state=State.AVAILABLE), Step.SETTLE),
        (replace(DIED, state=State.FAILED), Step.SETTLE),
    ],
)
def test_what_follows_a_death(remains: Remains, step: Step) -> None:
    """A recording goes on while it can, is finished when it should end, and nothing that was recorded is left lying."""
    assert next_step(remains, NONE)[0] is step


def test_a_bot_that_always_dies() -> None:
    """Five deaths at once after another end the recording; a bot that lasted makes the count begin again."""
    deaths = NONE
    for _ in range(MOST_DEATHS - 1):
        deaths = deaths.after(finishing=False, recorded_ns=LASTING_NS - 1)
        assert next_step(DIED, deaths)[0] is Step.GO_ON
    lasted = deaths.after(finishing=False, recorded_ns=LASTING_NS)
    assert next_step(DIED, lasted)[0] is Step.GO_ON
    assert lasted.in_a_row == 1
    step, why = next_step(DIED, deaths.after(finishing=False, recorded_ns=0))
    assert step is Step.FINISH
    assert "5 times in a row" in why


def test_a_file_that_cannot_be_finished() -> None:
    """A bot that dies each time it finishes is not started for ever, and its parts are said to be kept."""
    deaths, pauses = NONE, []
    for _ in range(MOST_FINISHES):
        pauses.append(deaths.pause_ns(finishing=True))
        assert next_step(replace(DIED, stop_asked=True), deaths)[0] is Step.FINISH
        deaths = deaths.after(finishing=True, recorded_ns=0)
    step, why = next_step(replace(DIED, stop_asked=True), deaths)
    assert step is Step.GIVE_UP
    assert "kept" in why
    assert pauses[0] == 0
    assert min(pauses[1:]) >= SECOND_NS


def test_the_first_restart_waits_for_nothing() -> None:
    """Who dies once is back at once; who dies again and again waits longer, and within the promised five seconds."""
    pauses, deaths = [], NONE
    for _ in range(MOST_DEATHS):
        deaths = deaths.after(finishing=False, recorded_ns=0)
        pauses.append(deaths.pause_ns(finishing=False))
    assert pauses[0] == 0
    assert pauses == sorted(set(pauses))
    assert pauses[-1] < 5 * SECOND_NS


def test_a_bot_that_hangs() -> None:
    """A silent bot is given up after a minute, also while it stops: what it writes then may be without end. One that
    stops is given up after a minute without anything written, too."""
    vigil = Vigil(0)
    vigil.look("size 1", SECOND_NS)
    assert vigil.hangs(State.RECORDING, SILENT_NS) == ""
    assert "answer" in vigil.hangs(State.RECORDING, SILENT_NS + 1)
    vigil.hear(SILENT_NS)
    assert vigil.hangs(State.RECORDING, SILENT_NS + 1) == ""
    late_ns = SECOND_NS + STUCK_NS + 1
    vigil.look("size 1", late_ns)
    assert "progress" in vigil.hangs(State.STOPPING, late_ns)
    vigil.look("size 2", late_ns)
    assert vigil.hangs(State.STOPPING, late_ns) == ""
    for size in range(3, 70):
        late_ns += SECOND_NS
        vigil.look(f"size {size}", late_ns)
    assert "answer" in vigil.hangs(State.STOPPING, late_ns)


def test_a_bot_that_finishes_for_long() -> None:
    """Hours of recording on a slow disk take their time: a word or a trace on the disk is enough, none for a minute is
    a bot that hangs."""
    vigil = Vigil(0)
    for now_ns in range(0, 10 * SILENT_NS, SILENT_NS):
        vigil.hear(now_ns)
        assert vigil.hangs(State.FINALISING, now_ns + SILENT_NS) == ""
    vigil.look("size 1", 10 * SILENT_NS)
    assert vigil.hangs(State.FINALISING, 11 * SILENT_NS) == ""
    assert "no sign of life" in vigil.hangs(State.FINALISING, 11 * SILENT_NS + 1)


def test_bots_are_configured_as_the_service_is() -> None:
    """Wherever a setting came from, the bots have it; secrets of the service and foreign variables they have not."""
    configuration = load(
        None,
        {},
        {"fps": 15, "stage_words": "screen,slides", "service_key": "k" * 32, "webhook_secret": "whsec_x", "crf": 30},
    )
    environment = bot_environment(configuration, {"PATH": "/bin", "ROOMREEL_TOKEN": "t", "ROOMREEL_FPS": "60"})
    assert environment["PATH"] == "/bin"
    assert not any("k" * 32 in value or "whsec" in value for value in environment.values())
    assert "ROOMREEL_TOKEN" not in environment
    seen = load(None, environment, {})
    assert seen == replace(configuration, service_key="", webhook_secret="")
    assert bot_environment(Configuration(), {}) == {}
    stores = dict.fromkeys(("AWS_SECRET_ACCESS_KEY", "AZURE_STORAGE_ACCOUNT_KEY", "GOOGLE_SERVICE_ACCOUNT_KEY"), "s")
    assert bot_environment(Configuration(), stores) == {}
    assert load(None, bot_environment(Configuration(), os.environ), {}) == Configuration()
