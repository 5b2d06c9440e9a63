"""How much a file shows, found at its end."""

import random
from pathlib import Path

import pytest

from mixer.mp4 import tail
from mixer.mp4.finish import finish, recorded_ns
from tests.output.test_joining import write_part


@pytest.fixture
def part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of which only the last third may be read, in two steps."""
    path = write_part(tmp_path / "part-0001.mp4", 180)
    size = path.stat().st_size
    monkeypatch.setattr("mixer.mp4.tail._REACHES", (size // 50, size // 3))
    return path


def _no_way_round(_path: Path) -> int:
    raise AssertionError("the whole file was gone through")


def test_the_same_wherever_it_is_cut_off(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As going through all of it says, without doing so."""
    whole = part.read_bytes()
    monkeypatch.setattr("mixer.mp4.tail.recorded_ns", _no_way_round)
    chance = random.Random(7)
    for cut in (len(whole), *(chance.randrange(2 * len(whole) // 3, len(whole)) for _ in range(20))):
        part.write_bytes(whole[:cut])
        assert tail.recorded_ns_by_tail(part) == recorded_ns(part) > 0


def test_nothing_to_be_found_there(part: Path) -> None:
    """A power cut has left more zeros than are looked at, or the file is finished: the long way."""
    size = part.stat().st_size
    expected_ns = recorded_ns(part)
    with part.open("r+b") as file:
        file.truncate(2 * size)
    assert tail.recorded_ns_by_tail(part) == expected_ns
    finish(part)
    assert tail.recorded_ns_by_tail(part) == expected_ns
