"""The library's own folder: who may read what is in it."""

import errno
import grp
import os
import stat
from pathlib import Path

import pytest

from bot.configuration import Configuration, load
from bot.errors import ConfigurationError
from bot.library.destinations.choice import FACTORIES, chosen
from bot.library.destinations.modes import Modes


def test_permissions_as_configured(tmp_path: Path) -> None:
    """Files and the folders above them, down from the library's media; what is right already is left alone."""
    file = tmp_path / "media" / "room" / "Recordings" / "Rec.mp4"
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_bytes(b"x")
    outside = stat.S_IMODE(tmp_path.stat().st_mode)
    group = grp.getgrgid(os.getgid()).gr_name
    modes = Modes.of(load(None, {}, {"file_mode": "644", "folder_mode": "2750", "file_group": group}))
    modes.apply(file, tmp_path / "media")
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert {stat.S_IMODE(path.stat().st_mode) for path in list(file.parents)[:3]} == {0o2750}
    assert stat.S_IMODE(tmp_path.stat().st_mode) == outside
    before = file.stat().st_ctime_ns
    modes.apply(file, tmp_path / "media")
    assert file.stat().st_ctime_ns == before


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"file_group": "nobody-has-this-group"}, "groupadd"),
        ({"destinations": ["webhook+https://h/x"]}, "service"),
        ({"destinations": ["s3://"]}, "names no place"),
    ],
)
def test_what_cannot_be_is_said_at_the_start(tmp_path: Path, values: dict[str, object], wrong: str) -> None:
    """A group that there is not, and destinations that nobody can reach."""
    with pytest.raises(ConfigurationError, match=wrong):
        chosen(load(None, {}, values), tmp_path, FACTORIES)


def test_others_read_nothing_unless_they_are_let() -> None:
    """By default finished files are for the service's group at most."""
    modes = Modes.of(Configuration())
    assert (modes.file & 0o007, modes.folder & 0o007) == (0, 0)
    with pytest.raises(ConfigurationError, match="must be one of 600"):
        load(None, {}, {"file_mode": "777"})


def test_permissions_that_cannot_be_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody else's folder, or a file system without permissions, keeps no recording from being published; a broken
    disk does."""
    file = tmp_path / "media" / "Rec.mp4"
    file.parent.mkdir(mode=0o700)
    file.write_bytes(b"x")
    reasons = [errno.EPERM, errno.EPERM, errno.EIO]

    def refuse(path: Path, _mode: int) -> None:
        raise OSError(reasons.pop(0), "no", str(path))

    monkeypatch.setattr(Path, "chmod", refuse)
    Modes(file=0o604).apply(file, tmp_path / "media")
    assert [record.message.endswith("stay as they are: no") for record in caplog.records] == [True, True]
    with pytest.raises(OSError, match="no"):
        Modes().apply(file, tmp_path / "media")
