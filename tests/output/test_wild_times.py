"""A bit of a file has fallen over where it says when its media are shown."""

import struct
from pathlib import Path

import pytest

from mixer.mp4.finish import finish, recorded_ns
from mixer.mp4.join import Joining
from mixer.mp4.tail import recorded_ns_by_tail
from tests.output.known_media import ticks_in, write

SECOND = 1_000_000_000
WHOLE_NS = 4 * SECOND
_VERSION = 4  # bytes behind `tfdt`; the time is behind it


def damaged(path: Path, bit: int, *, back: bool = False) -> Path:
    """The time of one track in the last fragment is another: one bit of it, or nothing."""
    write(path, 120)
    data = bytearray(path.read_bytes())
    place = data.rindex(b"tfdt") + 4 + _VERSION
    (time,) = struct.unpack_from(">Q", data, place)
    struct.pack_into(">Q", data, place, 0 if back else time | 1 << bit)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("bit", [28, 31, 32, 33, 40, 55, 62, 63])
def test_it_is_as_long_as_what_can_be_believed(tmp_path: Path, bit: int) -> None:
    """Neither a day longer nor an error that nobody expects: the fragment and what follows is as if it were cut off."""
    path = damaged(tmp_path / "a.mp4", bit)
    before_ns = recorded_ns(path)
    assert 0 < before_ns < WHOLE_NS
    assert recorded_ns_by_tail(path) == before_ns
    assert finish(path).duration_ns == before_ns
    assert len(ticks_in(path)) == round(before_ns * 30 / SECOND)


def test_time_that_goes_back(tmp_path: Path) -> None:
    """Neither."""
    path = damaged(tmp_path / "a.mp4", 0, back=True)
    assert 0 < recorded_ns(path) < WHOLE_NS


def test_a_later_part_with_such_times(tmp_path: Path) -> None:
    """Is joined as far as it goes."""
    write(tmp_path / "a.mp4", 60)
    later = damaged(tmp_path / "b.mp4", 40)
    later_ns = recorded_ns(later)
    with Joining(tmp_path / "a.mp4") as joining:
        assert joining.append(2, later)
        index = joining.index
    assert finish(tmp_path / "a.mp4", index).duration_ns == pytest.approx(2 * SECOND + later_ns, abs=SECOND // 30)
