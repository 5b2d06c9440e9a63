"""The bot's own command with somebody who looks over its shoulder.

`python -m tests.network.watched FILE record URL …`: every two seconds a line of JSON is added to FILE: tasks, threads,
sockets, other open files, resident memory, and objects the garbage collector knows.
"""

import asyncio
import gc
import json
import sys
import threading
import time
from pathlib import Path

import psutil

from bot.cli import main

INTERVAL_S = 2


def look() -> dict[str, float]:
    """What there is now. Tasks are counted where they cannot hide: among all objects, once garbage is gone."""
    gc.collect()
    objects = gc.get_objects()
    process = psutil.Process()
    sockets = len(process.net_connections(kind="inet"))
    return {
        "at_s": time.monotonic(),
        "tasks": sum(isinstance(one, asyncio.Task) and not one.done() for one in objects),
        "threads": process.num_threads(),
        "sockets": sockets,
        "files": process.num_fds() - sockets,
        "resident_bytes": process.memory_info().rss,
        "objects": len(objects),
    }


def _watch(file: Path) -> None:
    while True:
        with file.open("a") as lines:
            lines.write(json.dumps(look()) + "\n")
        time.sleep(INTERVAL_S)


if __name__ == "__main__":
    log = Path(sys.argv.pop(1))
    threading.Thread(target=_watch, args=(log,), daemon=True).start()
    main()
