"""Bots that a test left behind: a service leaves them running, and after a test that failed nobody would end them."""

import contextlib
import os
import signal
from pathlib import Path

from bot.control.process import is_alive
from bot.control.status import Status


def end_bots(folder: Path) -> None:
    """Those of every library right under `folder`, by their status."""
    for bot in folder.glob("*/recordings/*"):
        status = Status.read(bot)
        if status is not None and is_alive(status.pid, status.pid_started):
            with contextlib.suppress(ProcessLookupError):
                os.kill(status.pid, signal.SIGKILL)
