"""Tests that want the machine for themselves get it, and the others run beside each other."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_TESTS = """
import time
from pathlib import Path

import pytest

from tests.turns import be_alone

HERE = Path(__file__).parent


def spend(name: str, seconds: float) -> None:
    (HERE / name).write_text(f"{time.monotonic()} ")
    time.sleep(seconds)
    with (HERE / name).open("a") as file:
        file.write(f"{time.monotonic()}")


@pytest.mark.parametrize("number", range(2))
def test_spoilt(number: int) -> None:
    be_alone()
    spend(f"alone-again{number}", 0.2)


@pytest.mark.alone
@pytest.mark.long
@pytest.mark.parametrize("number", range(3))
def test_alone(number: int) -> None:
    spend(f"alone{number}", 0.2)


@pytest.mark.long
@pytest.mark.parametrize("number", range(2))
def test_meet(number: int) -> None:
    spend(f"beside{number}", 0.0)
    deadline_s = time.monotonic() + 20
    while not (HERE / f"beside{1 - number}").exists():
        assert time.monotonic() < deadline_s, "nobody runs beside"
        time.sleep(0.01)
    spend(f"beside{number}", 0.3)
"""


@pytest.mark.long
def test_nobody_runs_beside_who_is_alone(tmp_path: Path) -> None:
    """Nor beside who was disturbed and goes on alone; two others meet in the two processes."""
    shutil.copy(_ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    long\n    paced\n    alone\n    needs\n")
    (tmp_path / "test_turns.py").write_text(_TESTS)
    options = ("-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", *options, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(_ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert re.search(r"7 passed", done.stdout), done.stdout
    times = {file.name: tuple(map(float, file.read_text().split())) for file in tmp_path.iterdir() if not file.suffix}
    alone = {name: times.pop(name) for name in sorted(times) if name.startswith("alone")}
    assert len(alone) == 5
    for name, (start, end) in alone.items():
        others = times | {other: when for other, when in alone.items() if other != name}
        assert all(later >= end or sooner <= start for later, sooner in others.values()), (name, times, alone)
