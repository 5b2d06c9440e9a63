"""journal.jsonl on the disk: what a crash, a full disk and a long day leave of it."""

import os
from pathlib import Path

import pytest

from bot.journal.journal import MOST_WAITING, Journal
from bot.journal.line import Line, What, read_lines


def kinds(path: Path) -> list[What | None]:
    return [None if line is None else line.what for line in read_lines(path)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def test_what_is_noted_is_read_back(path: Path) -> None:
    """Any name, in order, for nobody else's eyes; without a new line where nothing was noted."""
    journal = Journal(path)
    journal.note(What.CAME, 5, who="ann", name='A "quoted"\n\ud800 Ännn')
    journal.note(What.LEFT, 3, who="ann")
    journal.close()
    journal.close()
    came, left = read_lines(path)
    assert came is not None
    assert (came.at_ns, came.what, came.values["who"]) == (5, What.CAME, "ann")
    assert "Ännn" in came.values["name"]
    assert left == Line(3, What.LEFT, {"who": "ann"})
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_that_a_crash_has_torn(path: Path) -> None:
    """It costs itself and nothing else."""
    path.write_bytes(Line(1, What.ALIVE, {}).encoded() + b'{"at_ns":2,"what":"ca')
    journal = Journal(path)
    journal.note(What.ALIVE, 3)
    journal.close()
    assert kinds(path) == [What.ALIVE, None, What.ALIVE]


def test_no_journal(path: Path) -> None:
    """Nothing noted makes none, and none is read as nothing."""
    Journal(path).close()
    assert not path.exists()
    assert kinds(path) == []


def test_a_full_disk() -> None:
    """Neither noting nor closing raises; it is broken, and counts. What is full stays so however often it is tried."""
    journal = Journal(Path("/dev/full"))
    journal.note(What.ALIVE, 1)
    journal.flush()
    assert (journal.broken, journal.left_out) == (True, 1)
    journal.note(What.ALIVE, 2)
    assert journal.left_out == 2
    journal.mend()
    assert not journal.broken
    journal.note(What.ALIVE, 3)
    journal.close()
    assert journal.broken


def test_a_disk_that_has_space_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hole is in the journal, with where it begins and what it cost. Of half a line nothing stays; what is
    essential is said when it can be."""
    journal = Journal(path)
    journal.note(What.ALIVE, 1)
    journal.flush()
    journal.note(What.CAME, 2, who="ann", name="Ann")
    journal.note(What.PAUSE, 2)
    real = os.write
    with monkeypatch.context() as patched:
        patched.setattr("bot.journal.journal.os.write", lambda to, text: real(to, text[:9]))
        journal.flush()
    journal.note(What.CAME, 3, who="ben", name="Ben")
    journal.note(What.RESUME, 3, left_out_ns=7)
    journal.mend()
    journal.note(What.ALIVE, 4)
    journal.close()
    assert kinds(path) == [What.ALIVE, What.PAUSE, What.RESUME, What.HOLE, What.ALIVE]
    hole = next(line for line in read_lines(path) if line and line.what is What.HOLE)
    assert (hole.at_ns, hole.values["left_out"]) == (2, 2)


def test_a_disk_that_hangs(path: Path) -> None:
    """Only so many lines wait."""
    journal = Journal(path)
    for at_ns in range(MOST_WAITING + 10):
        journal.note(What.ALIVE, at_ns)
    assert (journal.broken, journal.left_out) == (True, 10)


def test_a_journal_that_is_full(path: Path) -> None:
    """Bounded; from then on only what the rest would be misunderstood without. A later part keeps to the same bound."""
    for part in (1, 2):
        journal = Journal(path, most_bytes=2000)
        journal.note(What.PART, part, part=part, gap_ns=0)
        for at_ns in range(200):
            journal.note(What.CAME, at_ns, who="ann", name="Ann")
            journal.flush()
        journal.mend()
        journal.note(What.END, 200, reason="stopped", left_out=journal.left_out)
        journal.close()
        assert not journal.broken, "there is nothing to be mended"
        assert journal.left_out > 100
    found = kinds(path)
    assert path.stat().st_size < 3000
    first_hole = found.index(What.HOLE)
    assert set(found[first_hole:]) == {What.HOLE, What.PART, What.END}
    assert found.count(What.PART) == found.count(What.END) == 2


def test_too_late(path: Path) -> None:
    """After the end nothing is written any more."""
    journal = Journal(path)
    journal.note(What.END, 1, reason="stopped", left_out=0)
    journal.close()
    journal.note(What.ALIVE, 2)
    journal.close()
    assert kinds(path) == [What.END]
    assert journal.left_out == 1
