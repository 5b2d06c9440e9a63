"""A file is looked at before it is called finished: what is right passes, what is not is said."""

import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.library.check import deep_check, examine, quick_check
from mixer.mp4.box import boxes
from mixer.mp4.finish import finish
from mixer.mp4.front import bring_forward
from mixer.mp4.opened import OpenedFile
from mixer.mp4.track import PICTURE, SOUND
from mixer.output.output import Output
from tests.output.known_media import SMALL, feed, picture, sound, write

SECOND = 1_000_000_000
LENGTH_NS = 6 * SECOND


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A finished file of six seconds."""
    path = tmp_path_factory.mktemp("check") / "right.mp4"
    output = write(path, 180)
    finish(path, output.index)
    return path.read_bytes()


def test_a_right_file_passes_both(right: bytes, tmp_path: Path) -> None:
    """Nothing is said, and every single thing was tried."""
    path = tmp_path / "a.mp4"
    path.write_bytes(right)
    assert quick_check(path, LENGTH_NS) == ""
    assert deep_check(path) == ""
    assert [one.problem for one in examine(path, LENGTH_NS)] == [""] * 4


def test_a_duration_other_than_what_was_recorded(right: bytes, tmp_path: Path) -> None:
    """Both ways, with the difference; what is within the tolerance passes."""
    path = tmp_path / "a.mp4"
    path.write_bytes(right)
    assert quick_check(path, 9 * SECOND) == "It is 3.0 s shorter than what was recorded."
    assert quick_check(path, 5 * SECOND) == "It is 1.0 s longer than what was recorded."
    assert quick_check(path, LENGTH_NS + SECOND // 12) == ""


@pytest.mark.parametrize("missing", ["picture", "sound"])
def test_one_of_both_ends_early(tmp_path: Path, missing: str) -> None:
    """Two seconds of sound without a picture, or the other way round, are named with the time."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    feed(output, range(90))
    for tick in range(90, 150):
        if missing == "picture":
            output.sound(sound(tick))
        else:
            output.picture(picture(tick), tick)
    output.close()
    duration_ns = finish(path).duration_ns
    problem = quick_check(path, duration_ns)
    assert problem.startswith(f"Its {missing} ends ")
    assert problem.endswith("s early, at 0:00:03.")


def test_a_file_without_sound(tmp_path: Path) -> None:
    """It is said in words."""
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    for tick in range(60):
        output.picture(picture(tick), tick)
    output.close()
    assert quick_check(path, finish(path).duration_ns) == "There is no sound in it."


def test_an_unfinished_file(tmp_path: Path) -> None:
    """It plays, but it is none that was finished."""
    path = tmp_path / "a.mp4"
    write(path, 60)
    assert quick_check(path, 2 * SECOND) == deep_check(path) == "It was never finished."


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"GIF89a" * 100])
def test_what_is_no_recording(tmp_path: Path, content: bytes) -> None:
    """A sentence, no error; so for a file that is gone."""
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert quick_check(path, SECOND).startswith("It cannot be played: ")
    assert deep_check(tmp_path / "gone.mp4") == "It cannot be read: No such file or directory."


def _sample(path: Path, handler: bytes, share: float) -> tuple[int, int]:
    """(byte, size) of what is shown so far into the file, from a keyframe on."""
    with OpenedFile(path) as opened:
        lookup = opened.track(handler)
        assert lookup is not None
        return lookup.place(lookup.keyframe_at(int(opened.duration_ns * share)))


def _zeroed(data: bytearray, at: int, size: int) -> None:
    data[at : at + size] = bytes(size)


def _scrambled(data: bytearray, at: int, size: int) -> None:
    data[at : at + size] = random.Random(size).randbytes(size)


@pytest.mark.parametrize("damage", [_zeroed, _scrambled])
@pytest.mark.parametrize("handler", [PICTURE, SOUND])
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_damage_at_the_beginning_and_at_the_end(
    right: bytes, tmp_path: Path, damage: Callable[[bytearray, int, int], None], handler: bytes, share: float
) -> None:
    """A disk that lost what it had taken is found out."""
    path = tmp_path / "a.mp4"
    path.write_bytes(right)
    data = bytearray(right)
    damage(data, *_sample(path, handler, share))
    path.write_bytes(data)
    problem = quick_check(path, LENGTH_NS)
    assert problem.startswith(f"Its {'picture' if handler == PICTURE else 'sound'} at 0:00:0")


def test_damage_that_only_the_deep_check_finds(right: bytes, tmp_path: Path) -> None:
    """One picture between two that the quick check looks at: it is passed by that, and found by the other."""
    path = tmp_path / "a.mp4"
    path.write_bytes(right)
    data = bytearray(right)
    with OpenedFile(path) as opened:
        lookup = opened.track(PICTURE)
        assert lookup is not None
        number = lookup.keyframe_at(LENGTH_NS // 2) + 12
        _zeroed(data, *lookup.place(number))
    path.write_bytes(data)
    assert quick_check(path, LENGTH_NS) == ""
    assert deep_check(path) == "Its picture at 0:00:02 is not right: there are zeros in place of it."


def test_a_file_that_lost_media_but_not_its_head(right: bytes, tmp_path: Path) -> None:
    """What the tables name must be there."""
    path = tmp_path / "a.mp4"
    path.write_bytes(right)
    assert bring_forward(path, lambda _: True)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 2000)
    assert quick_check(path, LENGTH_NS).startswith("It cannot be played: ")


def test_no_damage_to_the_head_is_more_than_a_sentence(right: bytes, tmp_path: Path) -> None:
    """Three hundred files with bytes of their tables changed: each is answered, none raises."""
    begin = next(box.start for box in boxes(right) if box.kind == b"moov")
    path = tmp_path / "a.mp4"
    chance = random.Random(6)
    answers = set()
    for _ in range(300):
        data = bytearray(right)
        for _ in range(chance.choice((1, 4))):
            at = chance.randrange(begin, len(data) - 4)
            struct.pack_into(">I", data, at, chance.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, chance.randrange(1 << 32))))
        path.write_bytes(data)
        answers.add(quick_check(path, LENGTH_NS)[:12])
    assert "" in answers  # what is never read, like a colour, harms nobody
    assert len(answers) > 3
