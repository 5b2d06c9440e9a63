"""The bot as its users start it: a process, its lines, its exit code."""

import asyncio
import json
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from signaling.rehearsal.room import RehearsalRoom

PATIENCE_S = 60  # catches a hang, promises nothing
STARVED_MS = 400
ATTEMPTS = 4  # at a recording that a busy machine has spoilt
REST_S = 5  # between them


@dataclass
class BotProcess:
    """`roomreel record … --json`. Use `start`; `wait` reads it to its end."""

    process: asyncio.subprocess.Process
    started_s: float
    lines: list[str] = field(default_factory=list)
    errors: str = ""

    @classmethod
    async def start(cls, url: str, output: Path, *options: str, **environment: str) -> Self:
        command = [sys.executable, "-m", "bot", "record", url, "--output", str(output), "--json", *options]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | environment,
        )
        return cls(process, time.monotonic())

    async def wait(self, patience_s: float = PATIENCE_S) -> int:
        """The exit code. A bot that hangs is killed, and the test fails."""
        try:
            out, errors = await asyncio.wait_for(self.process.communicate(), patience_s)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise
        self.lines = out.decode().splitlines()
        self.errors = errors.decode()
        assert self.process.returncode is not None
        return self.process.returncode

    async def stop(self, patience_s: float = PATIENCE_S) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await self.wait(patience_s)

    @property
    def path(self) -> Path:
        """What the last line of standard output says."""
        return Path(self.lines[-1])

    def events(self, name: str) -> list[dict[str, Any]]:
        parsed = [json.loads(line) for line in self.lines if line.startswith("{")]
        return [event for event in parsed if event["event"] == name]


def starved_ms(room: RehearsalRoom, bot: BotProcess) -> float:
    """How late the busiest moment of the machine made the room or the mix. Above STARVED_MS a recording tells of the
    machine alone: what the room sends so late comes too late, and a mix so far behind repeats pictures."""
    lag_ms = max((event["lag_ms"] for event in bot.events("progress")), default=0.0)
    return max(room.clockwork.latest_ns / 1e6, float(lag_ms))


async def record(url: str, output: Path, *options: str, patience_s: float = PATIENCE_S) -> BotProcess:
    """A recording from beginning to end, which must succeed."""
    bot = await BotProcess.start(url, output, *options)
    code = await bot.wait(patience_s)
    assert code == 0, bot.errors
    assert "Traceback" not in bot.errors
    return bot
