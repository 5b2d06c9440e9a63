"""A journal with a hole: what is not known is said to be unknown, and nothing is made up from what is left."""

import asyncio
import errno
import os
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.journal.history import History
from bot.journal.journal import MOST_WAITING, Journal
from bot.journal.line import What, read_lines
from bot.journal.story import read_story
from bot.journal.witness import Witness
from bot.ledger import Ledger
from tests.journal.notes import S, began, came, end, events, note, story

HOLE = note(5, What.HOLE, left_out=9)


def test_a_hole_that_was_mended() -> None:
    """Before and behind it everything is known."""
    told = events(120, began(), came(0, "ann"), HOLE, note(60, What.ALIVE), came(60, "ann"), end(120))
    assert (told.unknown, told.known_until_s) == (((5, 60),), 120)
    assert told.participants[0].there == ((0, 5), (60, 120))


def test_a_bot_that_died_in_a_hole() -> None:
    """The next part ends it: what came of it is known to the end."""
    told = events(120, began(), came(0, "ann"), HOLE, began(2, at_s=60), came(60, "ann"), end(120))
    assert (told.unknown, told.known_until_s) == (((5, 60),), 120)
    assert told.participants[0].there == ((0, 5), (60, 120))


def test_no_hole() -> None:
    """Nothing is unknown; what a dead part noted of a time that is not in the file is no hole."""
    assert events(60, began(), came(0, "ann"), end(60)).unknown == ()
    assert events(60, began(), note(70, What.HOLE, left_out=1), began(2, at_s=50), end(60)).unknown == ()


def test_a_hole_that_reaches_to_the_end() -> None:
    """It is what is not known at last."""
    told = events(60, began(), came(0, "ann"), HOLE, end(60))
    assert (told.unknown, told.known_until_s) == ((), 5)


def test_who_came_and_left_in_the_hole_stays_in_the_report() -> None:
    """That they are not in the journal is no sign that they were there in a pause only."""
    ledger: Any = SimpleNamespace(only=lambda who: pytest.fail(f"only {who}"))
    order: Any = SimpleNamespace(recording_id="r", asked_at=datetime.now(UTC))
    holed = story(began(), came(0, "ann"), HOLE, note(60, What.ALIVE), came(60, "ann"), end(120))
    assert History(holed, order, "t").told(ledger, 120 * S, speakers=False)[0] is ledger
    kept = Ledger()
    assert History(holed, order, "t").told(kept, 120 * S, speakers=True) == (kept, ())


def test_a_torn_line_never_swallows_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full just when the line that a crash has torn is ended: tried again, before anything else."""
    path = tmp_path / "journal.jsonl"
    path.write_bytes(began().encoded() + b'{"at_ns":900,"wh')
    journal = Journal(path)
    journal.note(What.PART, 1000, part=2, gap_ns=500)
    opened: list[int] = []

    def refused(descriptor: int, _text: bytes) -> int:
        opened.append(descriptor)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refused)
        journal.flush()
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(opened[0])
    journal.close()
    assert [part.number for part in read_story(read_lines(path)).parts] == [1, 2]


async def test_no_thread_to_write_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recording goes on; lines wait, within bounds, and are written when there is one."""
    journal = Journal(tmp_path / "journal.jsonl")
    monkeypatch.setattr("bot.journal.journal.FLUSH_S", 0)
    tries, written = 0, asyncio.Event()
    to_thread = asyncio.to_thread

    async def refused(*arguments: Any) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise RuntimeError("can't start new thread")
        await to_thread(*arguments)
        written.set()

    monkeypatch.setattr(asyncio, "to_thread", refused)
    for at_ns in range(MOST_WAITING + 5):
        journal.note(What.ALIVE, at_ns)
    running = asyncio.create_task(journal.run())
    async with asyncio.timeout(30):
        await written.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    journal.close()
    assert sum(1 for line in read_lines(tmp_path / "journal.jsonl") if line) == MOST_WAITING
    assert journal.left_out == 5


def test_the_layout_is_said_again_behind_a_hole() -> None:
    """That it was changed may have been lost in it."""
    noted: list[What] = []
    journal: Any = SimpleNamespace(broken=True, mend=lambda: None, note=lambda what, *_, **__: noted.append(what))
    desk: Any = SimpleNamespace(layout="auto")
    nobody: Any = SimpleNamespace(stats=dict, changes=-1)
    witness = Witness(journal, desk, nobody, nobody)
    witness._note_layout(0)
    witness._mend(S)
    witness._note_layout(S)
    witness._note_layout(2 * S)
    assert noted == [What.LAYOUT, What.ALIVE, What.LAYOUT]
