"""Which process a bot is: a pid alone may be somebody else's by now."""

import os
from pathlib import Path


def started_ticks(pid: int) -> int | None:
    """When the process began, in clock ticks since boot; None when there is none of that pid."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the name before may hold anything
    return None if fields[0] in {"Z", "X"} else int(fields[19])


def is_alive(pid: int, started: int) -> bool:
    return started_ticks(pid) == started


def own() -> tuple[int, int]:
    """This process's pid, and when it began."""
    pid = os.getpid()
    return pid, started_ticks(pid) or 0
