"""The process is killed while it finalises: at every step of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.finished_file.killed_finalising import PARTS

ROOT = Path(__file__).parents[2]


@pytest.mark.long
def test_killed_at_every_step_of_finalising(tmp_path: Path) -> None:
    """SIGKILL before each change of the disk in turn, half way through each write: something plays at every moment, and
    finalised again the library holds, byte for byte, what an undisturbed one does: the file, and one of its own for the
    part that does not fit, nothing beside them."""
    run = [sys.executable, "-m", "tests.finished_file.killed_finalising", str(tmp_path)]
    done = subprocess.run(run, capture_output=True, text=True, check=False, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["wrong"] == []
    assert told["steps"] > 25
    assert told["ticks"] == [tick for count in PARTS for tick in range(count)]
    names = [f"media/room/Recordings/Rec - 2026-11-21 14-05-33 - Weekly{more}.mp4" for more in (" (2)", "")]
    assert told["files"] == [*names, "recordings/r1/order.json"]
