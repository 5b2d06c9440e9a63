"""What a bot leaves behind for the next one."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.control.anchor import Anchor, Instant
from bot.control.process import is_alive, own, started_ticks
from bot.control.status import STATUS_FILE, Status
from bot.ending import Presences
from bot.footage import Cut, Footage
from bot.lifecycle import EndReason, State

S = 1_000_000_000
THEN = Instant("one boot", 1000 * S, 1_700_000_000 * S)
ANCHOR = Anchor(
    THEN,
    Presences(
        opened_ns=-5 * S,
        seen=frozenset({"ada"}),
        hosts=frozenset({"ada", ""}),
        host_absent_since_ns=None,
        empty_since_ns=7,
    ),
    Footage(
        part=2,
        began_ns=900 * S,
        before_ns=80 * S,
        cuts=(Cut(5, 6),),
        paused_at_ns=950 * S,
        chapters_ns=(3,),
        gaps_ns=(4,),
    ),
)
FULL = Status(
    recording="r",
    part=2,
    state=State.PAUSED,
    pid=1,
    pid_started=2,
    recording_since=1.5,
    ends_because=EndReason.HOST_ABSENT,
    end_reason=EndReason.STOPPED,
    chapters=((0.0, "Beginning"), (1.5, "Recording resumed")),
    interruptions_s=(2.5,),
    others=("/media/another.mp4",),
    anchor=ANCHOR,
)


def test_read_as_it_was_written(tmp_path: Path) -> None:
    """All of it, the anchor of the next part too."""
    FULL.write(tmp_path)
    assert Status.read(tmp_path) == FULL
    assert list(tmp_path.iterdir()) == [tmp_path / STATUS_FILE]


def test_a_bot_of_another_version(tmp_path: Path) -> None:
    """Keys that are not known are passed over, those that are missing have their defaults."""
    values = {**FULL.as_values(), "surprise": 1}
    anchor = values["anchor"]
    for inner in (anchor, anchor["at"], anchor["presences"], anchor["footage"], anchor["footage"]["cuts"][0]):
        inner["surprise"] = 1
    del values["lost"]
    (tmp_path / STATUS_FILE).write_text(json.dumps(values))
    assert Status.read(tmp_path) == FULL


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_rubbish(tmp_path: Path, content: bytes) -> None:
    """A file that is no status is as none."""
    (tmp_path / STATUS_FILE).write_bytes(content)
    assert Status.read(tmp_path) is None


@pytest.mark.parametrize("key", ["state", "end_reason", "chapters", "anchor"])
def test_a_value_of_the_wrong_kind(tmp_path: Path, key: str) -> None:
    """The same."""
    (tmp_path / STATUS_FILE).write_text(json.dumps({**FULL.as_values(), key: "rubbish"}))
    assert Status.read(tmp_path) is None


def test_the_wall_clock_is_put_right() -> None:
    """Within a boot nobody looks at it."""
    hours_off = replace(THEN, monotonic_ns=1010 * S, unix_ns=THEN.unix_ns - 7200 * S)
    carried = ANCHOR.carried(hours_off)
    assert carried.presences == ANCHOR.presences
    assert carried.footage == ANCHOR.footage


def test_the_machine_was_restarted() -> None:
    """Then the wall clock is all there is: what was 20 s ago by it was 20 s ago."""
    now = Instant("another boot", 3 * S, THEN.unix_ns + 20 * S)
    carried = ANCHOR.carried(now)
    assert carried.footage is not None
    assert carried.footage.began_ns == 3 * S - 20 * S - 100 * S
    assert carried.footage.paused_at_ns == 3 * S - 20 * S - 50 * S
    assert carried.presences.opened_ns == 3 * S - 20 * S - 1005 * S


def test_a_pid_that_is_somebody_elses_now() -> None:
    """A process is known by its pid and when it began."""
    pid, started = own()
    assert pid == os.getpid()
    assert is_alive(pid, started)
    assert not is_alive(pid, started + 1)
    assert started_ticks(1 << 30) is None
