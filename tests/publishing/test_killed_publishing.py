"""kill -9 at each step of publishing in turn: the next process ends it, with nothing lost and nothing twice."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEAST_STEPS = 12  # transactions from the finished file to the last companion; fewer would test little
AFTER = {
    "state": "available",
    "published": True,
    "deliveries": [["folder", "confirmed", ""], ["copies", "confirmed", ""]],
    "copies": ["Rec - one.mp4", "report.html"],
    "right": True,
    "manifest": ["available", "0" * 64, 1],
    "told": ["confirmed", "confirmed"],
}


@pytest.mark.long
async def test_killed_at_each_step(tmp_path: Path) -> None:
    """Before and after each transaction with the catalogue, from the moment on at which the file is whole."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.publishing.killed", str(tmp_path)), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    said, _ = await asyncio.wait_for(process.communicate(), 240)
    assert process.returncode == 0
    outcomes = [json.loads(line) for line in said.splitlines()]
    for kept in (True, False):
        steps = [one for one in outcomes if one["kept"] is kept]
        assert [one["killed"] for one in steps] == [True] * (len(steps) - 1) + [False]
        assert len(steps) > LEAST_STEPS
    for one in outcomes:
        assert {key: one[key] for key in AFTER} == AFTER, one
