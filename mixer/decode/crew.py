"""The threads that decode. Decoders of different tracks run side by side; libavcodec lets go of the GIL."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue

import av

Job = Callable[[], object]
# What libavcodec raises on a damaged frame. A job that ends so has decoded less than it was meant to, and that shows.
FAILURES = (av.error.FFmpegError, ValueError)
# Up to here the caller's thread is quick enough alone: one camera of 720p takes it 2 ms of VP8. Several threads wake
# each other and meet at the GIL between frames, up to 4 % of the cost of decoding (measured); but a mix that is busy
# with many tracks keeps its time only with their help.
MOST_ALONE_PIXELS = 1_000_000


class Crew:
    """Runs the jobs of one tick and returns when all are done; the caller's thread works too.

    A job must raise nothing but FAILURES: the first other error is raised here, after the other jobs are done.
    """

    def __init__(self, threads: int = 0) -> None:
        """`threads` 0: one for every core that this process may use, when there is enough to do. 1: no thread of its
        own, everything in the caller's."""
        self._most_alone = 0 if threads else MOST_ALONE_PIXELS
        self._most_helpers = (threads or _cores()) - 1
        self._helpers: list[threading.Thread] = []  # begun when they are first needed
        self._orders: SimpleQueue[Iterator[Job] | None] = SimpleQueue()
        self._reports: SimpleQueue[BaseException | None] = SimpleQueue()

    def run(self, jobs: Sequence[Job], pixels: int) -> None:
        """`pixels`: of all the pictures that are to be decoded, about."""
        left = iter(jobs)
        wanted = min(self._most_helpers, len(jobs) - 1) if pixels > self._most_alone else 0
        self._call(wanted)
        for _ in range(wanted):
            self._orders.put(left)
        reports = [_worked(left), *(self._reports.get() for _ in range(wanted))]
        for error in reports:
            if error is not None:
                raise error

    def close(self) -> None:
        """Idempotent; the threads are gone when it returns."""
        for _ in self._helpers:
            self._orders.put(None)
        for helper in self._helpers:
            helper.join()
        self._helpers = []

    def _call(self, wanted: int) -> None:
        while len(self._helpers) < wanted:
            helper = threading.Thread(target=self._help, name=f"decode_{len(self._helpers)}", daemon=True)
            helper.start()
            self._helpers.append(helper)

    def _help(self) -> None:
        while (left := self._orders.get()) is not None:
            self._reports.put(_worked(left))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _worked(left: Iterator[Job]) -> BaseException | None:
    """Does what is left until nothing is; several threads may. Between two jobs there is as little Python as can be:
    the decoders leave nothing of it in the caches."""
    unexpected = None
    for job in left:
        try:
            job()
        except FAILURES:
            continue
        except BaseException as error:  # whatever it is, the others are waiting
            unexpected = unexpected or error
    return unexpected
