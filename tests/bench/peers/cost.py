"""What a program costs, its children included."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence

START_S = 60.0
REAL_TIMES = 10


class PeerError(RuntimeError):
    """A program that we are compared with gives no figure. `outcome` is for its column."""

    def __init__(self, message: str, outcome: str = "failed") -> None:
        super().__init__(message)
        self.outcome = outcome


def patience_s(media_s: float) -> float:
    """How long a program may take to start and to do so much recording; after that it hangs."""
    return START_S + REAL_TIMES * media_s


def cpu_of(command: Sequence[str], limit_s: float) -> float:
    """CPU seconds, user and system, until it ends by itself. Raises PeerError with what it said when it fails; when it
    takes longer than `limit_s`, it is killed with all it has started."""
    before = os.times()
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            _, said = process.communicate(timeout=limit_s)
        except BaseException as error:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise PeerError(f"{command[0]} did not end within {limit_s:.0f} s.", "timed out") from error
            raise
    after = os.times()
    if process.returncode:
        raise PeerError(f"{command[0]} failed: {said[-2000:]}")
    return after.children_user + after.children_system - before.children_user - before.children_system
