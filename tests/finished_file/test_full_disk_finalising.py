"""The disk is full when the recording has ended: the file is whole and found, and what had no room is said."""

import datetime
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.library.check import deep_check
from bot.library.companions.making import make_companions
from bot.library.finalise import Finalised, finalise
from bot.library.folder import RecordingFolder
from mixer.mp4.box import boxes
from tests.output.known_media import ticks_in, write

WHEN = datetime.datetime(2026, 11, 21, 14, 5, 33, tzinfo=datetime.UTC)
TICKS = 300
PAGE = 4096
HEAD_FIRST, HEAD_LAST = [b"ftyp", b"moov", b"mdat"], [b"ftyp", b"mdat", b"moov"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def _fill(disk: Path, free: int) -> None:
    """Up to so many bytes."""
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        try:
            while ballast.write(bytes(PAGE)) == PAGE:
                pass
        except OSError:
            ballast.truncate(max(0, ballast.tell() - free // PAGE * PAGE))


def _recorded(disk: Path) -> RecordingFolder:
    folder = RecordingFolder.create(disk / "recordings", "r1", least_free_bytes=0)
    write(folder.part(1), TICKS)
    return folder


def _finished(folder: RecordingFolder, disk: Path) -> Finalised:
    return finalise(folder, started=WHEN, title="Weekly", room_id="room", target=disk / "media")


def _kinds(path: Path) -> list[bytes]:
    return [box.kind for box in boxes(path.read_bytes())]


@pytest.mark.needs("mount")
def test_what_was_put_aside_is_enough(small_disk: Path) -> None:
    """Not a byte is free: the space that was kept for it is given back, and the file is as any other."""
    folder = _recorded(small_disk)
    _fill(small_disk, 0)
    result = _finished(folder, small_disk)
    assert (result.problem, _kinds(result.path)) == ("", HEAD_FIRST)
    assert ticks_in(result.path) == list(range(TICKS))


@pytest.mark.needs("mount")
@pytest.mark.parametrize(("free", "kinds"), [(0, None), (2 * PAGE, HEAD_LAST), (2 << 20, HEAD_FIRST)])
def test_less_room_makes_a_lesser_file(small_disk: Path, free: int, kinds: list[bytes] | None) -> None:
    """Without room for a copy the head comes last; without room for tables it is not seekable, and that is said. All of
    it plays in any case, under its name, and nothing is left beside it."""
    folder = _recorded(small_disk)
    folder.release_reserve()
    _fill(small_disk, free)
    result = _finished(folder, small_disk)
    assert ticks_in(result.path) == list(range(TICKS))
    assert result.path == small_disk / "media" / "Rec - 2026-11-21 14-05-33 - Weekly.mp4"
    assert [path.name for path in result.path.parent.iterdir()] == [result.path.name]
    assert not list(small_disk.rglob("*.front"))
    if kinds is None:
        assert "could not be made seekable" in result.problem
        assert "no room left" in result.problem
        assert _kinds(result.path)[:3] == [b"ftyp", b"free", b"moov"]
    else:
        assert (result.problem, _kinds(result.path)) == ("", kinds)
        assert deep_check(result.path) == ""


@pytest.mark.needs("mount")
def test_companions_on_a_full_disk(small_disk: Path) -> None:
    """Each that had no room is named, the file is as it was, and with room all of them are made."""
    folder = _recorded(small_disk)
    (folder.path / "order.json").write_text("{}")  # a service's recording keeps its folder
    result = _finished(folder, small_disk)
    before = result.path.read_bytes()
    _fill(small_disk, 0)
    with pytest.raises(OSError, match="No space left"):
        make_companions(folder.path, result.path)
    assert sorted(path.name for path in folder.path.iterdir()) == [".finished", "order.json"]
    (small_disk / "ballast").unlink()
    assert make_companions(folder.path, result.path) == []
    assert (folder.path / "companions.json").exists()
    assert result.path.read_bytes() == before
