"""Others on the same machine."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

CORES = 2


def shared_cores() -> set[int]:
    """The cores that the bot and its neighbours have to share."""
    return set(sorted(os.sched_getaffinity(0))[:CORES])


class BusyLoops:
    """Programs that never rest, one a core. They are gone when the context is left."""

    def __init__(self, cores: set[int]) -> None:
        self._cores = cores
        self._processes: list[asyncio.subprocess.Process] = []

    async def __aenter__(self) -> Self:
        for _ in self._cores:
            process = await asyncio.create_subprocess_exec(sys.executable, "-c", "while True: pass")
            os.sched_setaffinity(process.pid, self._cores)
            self._processes.append(process)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            await process.wait()


@contextmanager
def before_all_others() -> Iterator[bool]:
    """The calling thread, which is the room, runs whenever it wants to: only the bot is to feel its neighbours. False
    where that is not allowed; then the room is late as well, and says so (`Clockwork.latest_ns`)."""
    policy, parameter = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except PermissionError:
        yield False
        return
    try:
        yield True
    finally:
        os.sched_setscheduler(0, policy, parameter)
