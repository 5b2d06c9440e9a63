"""A process that uploads, and is killed at a step of its own choice."""

import asyncio
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.library.destinations.address import parse_targets
from bot.library.destinations.s3 import connection
from bot.library.destinations.s3.connection import Connection
from bot.library.destinations.s3.destination import S3Destination
from tests.stores.memory import FileMemory
from tests.stores.recordings import NAME, finish, finished, growing

# Made once in the process that the others are forked from: half a second of tables each.
_session = connection._session("")
_session.get_component("data_loader").load_data("endpoints")
connection._session = lambda profile: _session


def upload_until(step: int, url: str, folder: Path, recording_id: str) -> None:
    """Follows part-0001.mp4 and delivers it; SIGKILL comes after the `step`th answer or note. The file is renamed and
    finished in between, as by another process."""
    asyncio.run(_upload(_Steps(step), url, folder, recording_id))


class _Steps:
    def __init__(self, left: int) -> None:
        self._left = left

    def taken(self) -> None:
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)


class _Memory(FileMemory):
    steps: _Steps

    def keep(self, values: Mapping[str, Any]) -> None:
        super().keep(values)
        self.steps.taken()


def _count_answers(steps: _Steps) -> None:
    call = Connection.call

    async def counted(self: Connection, *arguments: Any, **named: Any) -> Mapping[str, Any]:
        answer = await call(self, *arguments, **named)
        steps.taken()
        return answer

    Connection.call = counted  # type: ignore[method-assign]


async def _upload(steps: _Steps, url: str, folder: Path, recording_id: str) -> None:
    memory = _Memory(folder / "memory.json")
    memory.steps = steps
    _count_answers(steps)
    part, file = folder / "part-0001.mp4", folder / NAME
    (target,) = parse_targets([url])
    async with S3Destination(target, ceiling_kbps=4000) as s3:
        following = asyncio.create_task(s3.follow(growing(part, recording_id), memory))
        while "2" not in memory.values.get("upload", {}).get("parts", ()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        following.cancel()
        part.rename(file)
        finish(file)
        await s3.deliver(finished(file, recording_id=recording_id), memory)
