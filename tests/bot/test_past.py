"""What the next bot makes of what the one before has left."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.configuration import Configuration
from bot.control.anchor import Anchor, Instant
from bot.control.status import Status
from bot.footage import Footage
from bot.library.folder import RecordingFolder
from bot.lifecycle import EndReason, State
from bot.past import no_past, read_past
from bot.recording import Order, new_order
from signaling.address import parse_address
from tests.output.test_joining import write_part

S = 1_000_000_000
NOW = Instant("boot", 1000 * S, 1_800_000_000 * S)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    configuration = Configuration(output=str(tmp_path))
    made = new_order(parse_address("roomreel+ws://sfu/rooms/r"), token=None, title=None, configuration=configuration)
    made = replace(made, asked_at=datetime.fromtimestamp(NOW.unix_ns / 1e9, UTC) - timedelta(seconds=60))
    made.folder.mkdir()
    return made


def test_a_room_open_for_days(order: Order) -> None:
    """Its clock began when it was opened; of a room of which nobody said so, when the recording was asked for."""
    assert no_past(order, NOW).presences.opened_ns == pytest.approx(940 * S, abs=1000)
    opened = replace(order, opened_at=order.asked_at - timedelta(days=2))
    assert no_past(opened, NOW).presences.opened_ns == pytest.approx((940 - 2 * 86_400) * S, abs=1000)


def test_nothing_was_left(order: Order) -> None:
    """The first bot."""
    past = read_past(order, RecordingFolder(order.output, order.recording_id), NOW)
    assert (past.part, past.state, past.goes_on) == (1, State.STARTING, False)


def test_a_bot_that_died_while_it_joined(order: Order) -> None:
    """Another part number for the room, which lets the higher one win; nothing to go on with."""
    Status(recording="r", part=1, state=State.STARTING, pid=1, pid_started=1).write(order.folder)
    past = read_past(order, RecordingFolder(order.output, order.recording_id), NOW)
    assert (past.part, past.goes_on) == (2, False)


def test_a_bot_that_died_while_it_recorded(order: Order) -> None:
    """Its state, its absences and its time, from the anchor."""
    footage = Footage(part=1, began_ns=900 * S)
    anchor = Anchor(replace(NOW, monotonic_ns=950 * S), no_past(order, NOW).presences, footage)
    Status(recording="r", part=1, state=State.PAUSED, pid=1, pid_started=1, anchor=anchor).write(order.folder)
    past = read_past(order, RecordingFolder(order.output, order.recording_id), NOW)
    assert (past.part, past.state, past.goes_on) == (2, State.PAUSED, True)
    assert past.presences == anchor.presences
    later, gap_ns = past.begin(1000 * S)
    assert gap_ns == 100 * S
    assert later.gaps_ns == (100 * S,)


def test_only_parts_are_left(order: Order) -> None:
    """status.json is lost: it goes on behind what is there, without knowing how long the gap was."""
    (order.folder / "part-0002.mp4").write_bytes(b"rubbish")
    past = read_past(order, RecordingFolder(order.output, order.recording_id), NOW)
    assert past.part == 3
    assert past.begin(NOW.monotonic_ns)[1] == 0


def test_killed_before_its_first_picture(order: Order) -> None:
    """It had begun to write, but nothing of that is there: the next part begins with no gap."""
    anchor = Anchor(NOW, no_past(order, NOW).presences, Footage(part=1, began_ns=900 * S))
    Status(recording="r", part=1, state=State.STARTING, pid=1, pid_started=1, anchor=anchor).write(order.folder)
    past = read_past(order, RecordingFolder(order.output, order.recording_id), NOW)
    assert (past.part, past.goes_on) == (2, False)
    footage, gap_ns = past.begin(1000 * S)
    assert (gap_ns, footage.gaps_ns, footage.began_ns) == (0, (), 1000 * S)


def test_stopped_and_killed_at_once(order: Order) -> None:
    """A stop that was taken counts, though nothing of it had been done yet."""
    status = Status(recording="r", part=1, state=State.RECORDING, pid=1, pid_started=1, end_reason=EndReason.STOPPED)
    status.write(order.folder)
    assert read_past(order, RecordingFolder(order.output, order.recording_id), NOW).is_ending


def test_a_part_that_ended_before_its_first_picture(order: Order) -> None:
    """What is held while the next begins is the last picture that was recorded."""
    write_part(order.folder / "part-0001.mp4", 60)
    write_part(order.folder / "part-0002.mp4", 0)
    past = read_past(order, RecordingFolder(order.output, order.recording_id), NOW)
    assert (past.part, past.recorded_ns) == (3, 2 * S)
    assert past.last_picture is not None
