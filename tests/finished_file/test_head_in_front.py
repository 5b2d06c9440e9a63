"""A small file has its head in front, a large one where it can be written without a copy."""

import errno
import os
from pathlib import Path

import av
import pytest

from bot.library.check import quick_check
from bot.library.inspection import inspect_file
from bot.service.api.growing import whole_fragments_end
from mixer.mp4 import front
from mixer.mp4.box import boxes, child
from mixer.mp4.finish import finish, recorded_ns
from mixer.mp4.front import bring_forward
from mixer.mp4.label import Chapter, Label
from tests.output.known_media import sound_in, ticks_in, write

SECOND = 1_000_000_000
LABEL = Label(
    "Weekly: Übersicht", 1_795_000_000, (Chapter(0, "Beginning"), Chapter(SECOND, "Später")), b'{"version": 1}'
)


def finished(path: Path, ticks: int = 90) -> Path:
    output = write(path, ticks)
    finish(path, output.index, LABEL)
    return path


def kinds(path: Path) -> list[bytes]:
    return [box.kind for box in boxes(path.read_bytes())]


def told(path: Path) -> dict[str, object]:
    """What `inspect` says, but how large it is."""
    found = inspect_file(path)
    return {name: getattr(found, name) for name in found.__slots__ if name not in {"path", "size_bytes"}}


def test_the_same_recording_in_another_order(tmp_path: Path) -> None:
    """Every picture, every sample of sound, chapters, title, dates and the report are the same; what was only needed
    while it grew is left out."""
    path = finished(tmp_path / "a.mp4")
    before, sound_before, size = told(path), sound_in(path), path.stat().st_size
    assert kinds(path) == [b"ftyp", b"mdat", b"moov"]
    assert bring_forward(path, lambda _: True)
    assert kinds(path) == [b"ftyp", b"moov", b"mdat"]
    assert told(path) == before
    assert ticks_in(path) == list(range(90))
    assert (sound_in(path)[1] == sound_before[1]).all()
    assert path.stat().st_size < size
    assert recorded_ns(path) == 3 * SECOND
    assert list(tmp_path.iterdir()) == [path]


def test_it_plays_while_it_arrives(tmp_path: Path) -> None:
    """Of the first two thirds of the bytes a player knows how long all of it is, and shows what is there."""
    path = finished(tmp_path / "a.mp4", 300)
    bring_forward(path, lambda _: True)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with av.open(str(path)) as container:
        assert container.duration == 10_000_000
        assert container.metadata["title"] == LABEL.title
    shown = ticks_in(path)
    assert shown == list(range(len(shown)))
    assert len(shown) > 100


def test_media_lie_without_gaps(tmp_path: Path) -> None:
    """All that is in the media box is samples: their sizes add up to it."""
    path = finished(tmp_path / "a.mp4")
    bring_forward(path, lambda _: True)
    data = path.read_bytes()
    media = next(box for box in boxes(data) if box.kind == b"mdat")
    moov = next(box for box in boxes(data) if box.kind == b"moov").within(data)
    total = 0
    for trak in (box.within(moov) for box in boxes(moov) if box.kind == b"trak"):
        sizes = child(trak, b"mdia", b"minf", b"stbl", b"stsz")
        assert sizes is not None
        total += sum(int.from_bytes(sizes[at : at + 4], "big") for at in range(12, len(sizes), 4))
    assert media.end - media.payload == total
    assert media.end == len(data)


def test_again_it_stays_as_it_is(tmp_path: Path) -> None:
    """Finishing and bringing forward a second time change nothing."""
    path = finished(tmp_path / "a.mp4")
    bring_forward(path, lambda _: True)
    data = path.read_bytes()
    assert finish(path).duration_ns == 3 * SECOND
    assert not bring_forward(path, lambda _: True)
    assert path.read_bytes() == data


@pytest.mark.parametrize("why", ["large", "refused", "linked", "unfinished", "no recording", "no room", "gone"])
def test_when_it_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    """Not a byte of it is changed, nothing is left beside it, and nothing is raised."""
    path = tmp_path / "a.mp4"
    write(path, 60)
    if why == "no recording":
        path.write_bytes(b"GIF89a" * 50)
    elif why != "unfinished":
        finish(path)
    if why == "linked":  # to the finished name, by a call that was killed
        os.link(path, tmp_path / "b.mp4")
    elif why == "no room":

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(front, "write_whole", full)
    elif why == "gone":
        path.unlink()
    before = path.read_bytes() if path.exists() else b""
    names = sorted(tmp_path.iterdir())
    assert not bring_forward(path, lambda _: why != "refused", most_bytes=100 if why == "large" else None)
    assert (path.read_bytes() if path.exists() else b"") == before
    assert sorted(tmp_path.iterdir()) == names


def test_one_that_could_not_be_moved_can_be_had_as_a_part(tmp_path: Path) -> None:
    """Finished where it grew: the service hands all of it out, wherever its head is."""
    path = finished(tmp_path / "a.mp4")
    for _ in range(2):
        with path.open("rb") as file:
            size = path.stat().st_size
            assert whole_fragments_end(file.fileno(), size, 0) == size
        bring_forward(path, lambda _: True)


def test_other_peoples_files_are_none_of_ours(tmp_path: Path) -> None:
    """A file whose head is in front, too, but which somebody else wrote, is not taken for a finished recording."""
    path = finished(tmp_path / "a.mp4")
    bring_forward(path, lambda _: True)
    data = bytearray(path.read_bytes())
    data[8:12] = b"mp42"
    path.write_bytes(data)
    with pytest.raises(Exception, match="does not begin as roomreel's files do"):
        recorded_ns(path)
    assert inspect_file(path).fragments == 0
    assert ticks_in(path) == list(range(90))


@pytest.mark.parametrize(("table", "byte"), [(b"stsc", 11), (b"stsc", 15), (b"stco", 11), (b"stsz", 15)])
def test_damaged_tables(tmp_path: Path, table: bytes, byte: int) -> None:
    """Are a reason to leave the file as it is, never an error."""
    path = finished(tmp_path / "a.mp4")
    data = bytearray(path.read_bytes())
    for value in (0, 7, 200, 255):
        data[data.rindex(table) + byte] = value
        path.write_bytes(data)
        assert not bring_forward(path, lambda copy: not quick_check(copy, 3 * SECOND))
        assert path.read_bytes() == data
        assert list(tmp_path.iterdir()) == [path]
