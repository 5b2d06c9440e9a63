"""What a program costs, its children included."""

import os
import subprocess
from collections.abc import Sequence


def cpu_of(command: Sequence[str], timeout_s: float = 600) -> float:
    """CPU seconds, user and system, until it ends by itself. Raises RuntimeError with what it said when it fails."""
    before = os.times()
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout_s, check=False
    )
    after = os.times()
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr[-2000:]}")
    return after.children_user + after.children_system - before.children_user - before.children_system
