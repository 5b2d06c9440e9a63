"""Bots that wait for an order with everything imported: a recording begins in a fraction of a second."""

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.lifecycle import EndReason
from bot.service.bot_process import BotProcess

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "bot", "work")
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0  # between spares that die before they are ready
READY = b"ready\n"
MOST_LOG_BYTES = 1 << 20
MOST_WARMING = max(2, (os.cpu_count() or 1) // 2)


class Spare:
    """One process without an order. It ends when its standard input does: with this process, whatever becomes of it."""

    def __init__(self, environment: Mapping[str, str], log_file: Path, on_warm: Callable[["Spare"], None]) -> None:
        """`on_warm` is called once: when it is ready, or never will be. Raises OSError."""
        self._on_warm = on_warm
        self.is_ready = False
        descriptor = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            if os.fstat(descriptor).st_size > MOST_LOG_BYTES:
                os.ftruncate(descriptor, 0)
            self._child = subprocess.Popen(
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=descriptor,
                env=dict(environment),
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        self.process = BotProcess(self._child.pid, child=self._child)
        self._loop = asyncio.get_running_loop()
        assert self._child.stdout is not None
        self._said = b""
        os.set_blocking(self._child.stdout.fileno(), False)
        self._loop.add_reader(self._child.stdout.fileno(), self._hear)

    def give(self, folder: Path, *, finish: bool, reason: EndReason | None) -> BotProcess:
        """From now on it lives for that order. A pipe takes so short a line at once, whether it is ready or not."""
        line = json.dumps({"folder": str(folder), "finish": finish, "reason": reason}) + "\n"
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(line.encode())
            self._child.stdin.close()
        except BrokenPipeError:
            pass  # it has died, and is seen to
        return self.process

    def dismiss(self) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._deafen()

    def _hear(self) -> None:
        assert self._child.stdout is not None
        said = os.read(self._child.stdout.fileno(), 64)
        self._said += said
        self.is_ready = READY in self._said
        if self.is_ready:
            self.process.ready.set()
        if not said or len(self._said) >= len(READY):
            self._deafen()

    def _deafen(self) -> None:
        assert self._child.stdout is not None
        if not self._child.stdout.closed:
            self._loop.remove_reader(self._child.stdout.fileno())
            self._child.stdout.close()
            self._on_warm(self)


class Spares:
    """One is kept ready; who needs more at once waits for processes that begin from nothing. Of those no more than
    MOST_WARMING get ready at a time: each takes a second of a core, and there are recordings that run."""

    def __init__(self, environment: Mapping[str, str], log_file: Path) -> None:
        self._environment = environment
        self._log_file = log_file
        self._spare: Spare | None = None
        self._taken = asyncio.Event()
        self._turns = asyncio.Semaphore(MOST_WARMING)
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Until it is cancelled: then the waiting one is sent away."""
        pause_s = FIRST_PAUSE_S
        try:
            while True:
                self._taken.clear()
                try:
                    self._spare = await self._begin()
                except OSError as error:
                    log.error("no bot can be started: %s", error)
                else:
                    if await self._kept(self._spare):
                        pause_s = FIRST_PAUSE_S
                        continue
                    log.error("a bot ended before it was ready; see %s", self._log_file)
                self._spare = None
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        finally:
            if self._spare is not None:
                self._spare.dismiss()
                self._spare.process.release()

    async def give(self, folder: Path, *, finish: bool = False, reason: EndReason | None = None) -> BotProcess:
        """A bot that works on that folder. `reason`: why a recording that is to be finished has ended, when that was
        meant; else its bot broke off. Raises OSError when the machine has no room for another process."""
        spare, self._spare = self._spare, None
        self.ready.clear()
        if spare is None or spare.process.exited.is_set():
            spare = await self._begin()
        else:
            self._taken.set()
        return spare.give(folder, finish=finish, reason=reason)

    async def _begin(self) -> Spare:
        await self._turns.acquire()
        try:
            return Spare(self._environment, self._log_file, self._warm)
        except BaseException:
            self._turns.release()
            raise

    def _warm(self, spare: Spare) -> None:
        self._turns.release()
        if spare is self._spare and spare.is_ready:
            self.ready.set()

    async def _kept(self, spare: Spare) -> bool:
        """True once it has been taken; False when it ended before."""
        taken = asyncio.ensure_future(self._taken.wait())
        ended = asyncio.ensure_future(spare.process.exited.wait())
        try:
            await asyncio.wait({taken, ended}, return_when=asyncio.FIRST_COMPLETED)
            return taken.done()
        finally:
            taken.cancel()
            ended.cancel()
