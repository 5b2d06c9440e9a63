"""One service a library."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.service.library_lock import LibraryLock


@pytest.mark.long
def test_a_second_service_on_a_library_says_so_and_ends(tmp_path: Path) -> None:
    """Exit code 2 and a sentence; the first one's library is as it was."""
    library = tmp_path / "library"
    lock = LibraryLock.take(library)
    before = {path.name for path in library.iterdir()}
    assert LibraryLock.is_taken(library)
    second = subprocess.run(
        [sys.executable, "-m", "bot", "serve", "--port", "0", "--library", str(library)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lock.release()
    assert second.returncode == 2, second.stdout
    assert second.stderr.strip().splitlines()[-1] == (
        f"Another service has the library {library}. Stop that one, or choose another folder with --library."
    )
    assert {path.name for path in library.iterdir()} - before <= {"keys.json"}
    assert not LibraryLock.is_taken(library)
