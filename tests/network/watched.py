"""The bot's own command with somebody who looks over its shoulder.

`python -m tests.network.watched FILE record URL …`: every two seconds a line of JSON is added to FILE: tasks, threads,
sockets, other open files, resident memory, and the interpreter's own blocks of memory.

Nothing here lists the objects there are: whoever holds such a list while another thread builds a tuple breaks it.
"""

import asyncio
import gc
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from bot.cli import main
from bot.commands import record
from bot.configuration import Configuration
from bot.progress import Progress
from bot.recording import Order
from bot.session import Outcome

INTERVAL_S = 2


def look(loop: asyncio.AbstractEventLoop) -> dict[str, float]:
    """What there is now, once garbage is gone."""
    gc.collect()
    process = psutil.Process()
    sockets = len(process.net_connections(kind="inet"))
    return {
        "at_s": time.monotonic(),
        "tasks": len(asyncio.all_tasks(loop)),
        "threads": process.num_threads(),
        "sockets": sockets,
        "files": process.num_fds() - sockets,
        "resident_bytes": process.memory_info().rss,
        "blocks": sys.getallocatedblocks(),
    }


def _watch(file: Path, loop: asyncio.AbstractEventLoop) -> None:
    while True:
        with file.open("a") as lines:
            lines.write(json.dumps(look(loop)) + "\n")
        time.sleep(INTERVAL_S)


def watch(file: Path) -> None:
    """From the moment the recording runs."""
    unwatched = record._run

    async def run(order: Order, configuration: Configuration, narrate: Callable[[Progress], None]) -> Outcome:
        loop = asyncio.get_running_loop()
        threading.Thread(target=_watch, args=(file, loop), daemon=True).start()
        return await unwatched(order, configuration, narrate)

    record._run = run


if __name__ == "__main__":
    watch(Path(sys.argv.pop(1)))
    main()
