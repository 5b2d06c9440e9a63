"""What is said of a recording whose bot was killed after it had moved the file."""

import json
from pathlib import Path
from typing import Any

import pytest

import bot.rescue
from bot.control.anchor import Instant
from bot.control.status import Status
from bot.journal.journal import Journal
from bot.journal.line import What
from bot.library.folder import RecordingFolder
from bot.lifecycle import State
from bot.past import read_past
from bot.recording import Order
from bot.rescue import closing_status, finish_parts
from tests.bot.worker_process import write_order
from tests.output.test_joining import write_part

S = 1_000_000_000
NOWHERE = "roomreel+ws://127.0.0.1:9/rooms/r"


class Killed(BaseException):
    """As SIGKILL."""


def recorded(order: Order, *ticks: int) -> RecordingFolder:
    """Ended in order; nothing of it is finished."""
    folder = RecordingFolder(order.output, order.recording_id)
    for number, count in enumerate(ticks, start=1):
        write_part(folder.part(number), count)
    Status(recording=order.recording_id, part=len(ticks), state=State.STOPPING, pid=1, pid_started=1).write(
        order.folder
    )
    journal = Journal(folder.journal)
    journal.note(What.PART, 0, part=1, gap_ns=0)
    journal.note(What.CAME, 0, who="ann", name="Ann")
    journal.note(What.END, sum(ticks) * S // 30, reason="stopped", left_out=0)
    journal.close()
    return folder


def finish(order: Order, folder: RecordingFolder) -> Status:
    past = read_past(order, folder, Instant.now())
    return finish_parts(order, folder, past, closing_status(order, past))


def test_killed_between_the_move_and_the_last_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one says of the file what the first would have said: how long it is, and that all of it is known."""
    order = write_order(tmp_path, NOWHERE)
    folder = recorded(order, 60)

    def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(bot.rescue, "replace_file", die)
        with pytest.raises(Killed):
            finish(order, folder)
    assert folder.numbered_parts() == []
    status = finish(order, folder)
    report = json.loads((order.folder / "report.json").read_text())
    assert (status.state, status.duration_s, status.problem) == (State.AVAILABLE, 2.0, "")
    assert (report["duration_s"], report["known_until_s"]) == (2.0, 2.0)


def test_media_that_are_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fragment in the middle cannot be read. The end of the part still says how long it was: that is missed, and the
    report goes on saying so."""
    order = write_order(tmp_path, NOWHERE)
    folder = recorded(order, 180)
    part = folder.part(1)
    data = bytearray(part.read_bytes())
    third = data.index(b"moof", data.index(b"moof", data.index(b"moof") + 1) + 1)
    data[third : third + 4] = b"oops"
    part.write_bytes(data)
    monkeypatch.setattr("mixer.mp4.tail._REACHES", (len(data) // 3,))  # of a file of hours
    status = finish(order, folder)
    report = json.loads((order.folder / "report.json").read_text())
    assert status.state is State.FAILED
    assert "shorter than what was recorded" in status.problem
    assert 0 < status.duration_s < report["duration_s"]
