"""A bot's own log file."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.bounded_log import BoundedLog


def test_the_newest_is_kept(tmp_path: Path) -> None:
    """Ten times as much as there is room for: two files at most, the last line in the first of them."""
    log = BoundedLog(tmp_path / "bot.log", most_bytes=1000)
    for number in range(500):
        log.write(f"line {number:04} äöü\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bot.log", "bot.log.1"]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())
    assert (tmp_path / "bot.log").read_text().endswith("line 0499 äöü\n")
    assert log.lost == 0


def test_no_place_for_it(tmp_path: Path) -> None:
    """The recording goes on; what is lost is counted."""
    log = BoundedLog(tmp_path / "bot.log", most_bytes=10)
    log.write("0123456789")
    (tmp_path / "bot.log").unlink()
    tmp_path.rmdir()
    log.write("0123456789")
    assert log.lost == 1


def test_no_new_file_for_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on in the old one until there is, and never in whatever file is opened next."""
    log = BoundedLog(tmp_path / "bot.log", most_bytes=100)
    log.write("x" * 90 + "\n")

    def full(*_: Any, **__: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("bot.bounded_log.os.open", full)
        log.write("this turns it\n")
    film = os.open(tmp_path / "part-0001.mp4", os.O_RDWR | os.O_CREAT)
    log.write("a line\n")
    os.close(film)
    assert (tmp_path / "part-0001.mp4").read_bytes() == b""
    assert (tmp_path / "bot.log.1").read_text().endswith("x\na line\n")
    log.write("and on\n")
    assert (tmp_path / "bot.log").read_text() == "and on\n"
    assert log.lost == 1


def test_what_libraries_say_is_in_it_too(tmp_path: Path) -> None:
    """Descriptors 1 and 2 lead to the file, also after it has turned; nobody else can read it."""
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from bot.bounded_log import BoundedLog\n"
        "log = BoundedLog(Path(sys.argv[1]), takes_over=(1, 2), most_bytes=100)\n"
        "log.write('x' * 99)\n"
        "log.write('turned\\n')\n"
        "os.write(2, b'libx264 says\\n')\n"
    )
    file = tmp_path / "bot.log"
    subprocess.run([sys.executable, "-c", program, file], check=True, cwd=Path(__file__).parents[2])
    assert file.read_text() == "turned\nlibx264 says\n"
    assert os.stat(file).st_mode & 0o777 == 0o600
