"""The threads that decode. Decoders of different tracks run side by side; libavcodec lets go of the GIL."""

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait

Job = Callable[[], None]
# Up to here the caller's thread is quick enough alone: one camera of 720p takes it 2 ms of VP8. Several threads wake
# each other and meet at the GIL between frames, up to 4 % of the cost of decoding (measured); but a mix that is busy
# with many tracks keeps its time only with their help.
MOST_ALONE_PIXELS = 1_000_000


class Crew:
    """Runs the jobs of one tick and returns when all are done; the caller's thread works too.

    A job must not raise: the first one that does is raised here, after the others are done.
    """

    def __init__(self, threads: int = 0) -> None:
        """`threads` 0: one for every core that this process may use, when there is enough to do. 1: no thread of its
        own, everything in the caller's."""
        self._most_alone = 0 if threads else MOST_ALONE_PIXELS
        self._helpers = (threads or _cores()) - 1
        self._pool = ThreadPoolExecutor(self._helpers, thread_name_prefix="decode") if self._helpers else None

    def run(self, jobs: Sequence[Job], pixels: int) -> None:
        """`pixels`: of all the pictures that are to be decoded, about."""
        left = deque(jobs)
        helpers = []
        if self._pool is not None and pixels > self._most_alone:
            helpers = [self._pool.submit(_work, left) for _ in range(min(self._helpers, len(jobs) - 1))]
        try:
            _work(left)
        finally:
            wait(helpers)
        for helper in helpers:
            helper.result()

    def close(self) -> None:
        """Idempotent; the threads are gone when it returns."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _work(left: deque[Job]) -> None:
    while True:
        try:
            job = left.popleft()
        except IndexError:
            return
        job()
