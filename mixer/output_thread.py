"""The thread that encodes and writes, and the bounded queue in front of it."""

import queue
import threading
import time
from collections.abc import Callable

from mixer.load import Load
from mixer.mix import Mixed
from mixer.seam import Recorder

# Enough to ride out a slow write or a burst of keyframes; every waiting tick holds a picture of 3 MB.
DEPTH = 8
# Pictures alive at a time: those waiting, the one being encoded, and the one being drawn.
SLOTS = DEPTH + 2


class OutputThread:
    """Owns the calls into `recorder`: all of them, `close` included, are made on this thread."""

    def __init__(self, recorder: Recorder, interval_ns: int, on_failure: Callable[[BaseException], None]) -> None:
        """`on_failure` is called on this thread, once, with what `recorder` raised; later ticks are thrown away."""
        self.load = Load(interval_ns)
        self.written = 0
        self._recorder = recorder
        self._on_failure = on_failure
        self._failed = False
        self._effort = self._effort_set = 0
        self._queue: queue.Queue[Mixed | None] = queue.Queue(DEPTH)
        self._thread = threading.Thread(target=self._run, name="output")

    def start(self) -> None:
        self._thread.start()

    def put(self, mixed: Mixed) -> None:
        """Waits while the queue is full: the mix falls behind rather than lose a tick. One that lies in a pause waits
        its turn like the others, and is let go."""
        self._queue.put(mixed)

    @property
    def efforts(self) -> int:
        return self._recorder.efforts

    def set_effort(self, level: int) -> None:
        """From the next picture on that is encoded, ahead of those that wait. From any thread."""
        self._effort = level

    def waiting(self) -> int:
        return self._queue.qsize()

    def close(self) -> None:
        """Write what waits, close the file, end the thread. Blocks. Once."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (mixed := self._queue.get()) is not None:
            if not self._failed and mixed.tick is not None:
                self._guard(lambda item=mixed, tick=mixed.tick: self._write(item, tick))  # type: ignore[misc]
            mixed.give_back()
        self._guard(self._recorder.close)

    def _write(self, mixed: Mixed, tick: int) -> None:
        began_ns = time.monotonic_ns()
        if self._effort_set != (effort := self._effort):
            self._recorder.set_effort(effort)
            self._effort_set = effort
        self._recorder.sound(mixed.sound)
        self._recorder.picture(mixed.picture, tick, changed=mixed.changed, within=mixed.within)
        self.written += 1
        self.load.add(time.monotonic_ns() - began_ns)

    def _guard(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:  # whatever it is ends the recording in order, and is reported
            if not self._failed:
                self._failed = True
                self._on_failure(error)
