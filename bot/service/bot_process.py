"""A bot's process as the service holds it, whether it started it or found it again."""

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
from typing import Self

from bot.control.process import is_alive

log = logging.getLogger(__name__)

POLL_S = 0.2  # where the kernel gives no file descriptor for a process


class BotProcess:
    """Made and used on the event loop. `release` when it is not watched any more; the process goes on."""

    def __init__(self, pid: int, *, child: subprocess.Popen[bytes] | None = None, started: int | None = None) -> None:
        """`child` when it is ours to reap, else `started`: when it began, in ticks since boot."""
        self.pid = pid
        self.exited = asyncio.Event()
        self.ready = asyncio.Event()  # it has imported everything; one that was found is
        self._child = child
        self._started = started
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._descriptor: int | None = None
        try:
            self._descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            self._ended()
        except OSError as error:
            log.warning("a bot's process is watched by asking every %.1f s: %s", POLL_S, error)
            self._poll()
        else:
            self._loop.add_reader(self._descriptor, self._ended)

    @classmethod
    def adopt(cls, pid: int, started: int) -> Self | None:
        """One that runs already. None when it has ended, also when another has its pid by now."""
        process = cls(pid, started=started)
        # Asked after the descriptor was opened: from here on it stands for that process alone.
        if process.exited.is_set() or not is_alive(pid, started):
            process.release()
            return None
        process.ready.set()
        return process

    def stop(self) -> None:
        """In order."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def release(self) -> None:
        """May be called again."""
        if self._timer is not None:
            self._timer.cancel()
        if self._descriptor is not None:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._descriptor is not None:
                signal.pidfd_send_signal(self._descriptor, number)
            elif not self.exited.is_set() and self._is_running():
                os.kill(self.pid, number)

    def _is_running(self) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        return self._started is not None and is_alive(self.pid, self._started)

    def _poll(self) -> None:
        if self._is_running():
            self._timer = self._loop.call_later(POLL_S, self._poll)
        else:
            self._ended()

    def _ended(self) -> None:
        self.release()
        if self._child is not None:
            self._child.wait()  # it has ended: this only reaps it
        self.exited.set()
