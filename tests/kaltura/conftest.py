"""What tests of publishing to Kaltura may lean on."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.control.process import is_alive
from bot.control.status import Status


@pytest.fixture(autouse=True)
def _no_bot_outlives_its_test(tmp_path: Path) -> Iterator[None]:
    """A service leaves its bots running; after a test that failed nobody would ever stop them."""
    yield
    for folder in tmp_path.glob("library/recordings/*"):
        status = Status.read(folder)
        if status is not None and is_alive(status.pid, status.pid_started):
            with contextlib.suppress(ProcessLookupError):
                os.kill(status.pid, signal.SIGKILL)
