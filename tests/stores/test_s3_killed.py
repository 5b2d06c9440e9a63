"""The uploading process is killed at each step in turn; another one makes it right."""

import asyncio
import itertools
import multiprocessing
import signal
from pathlib import Path
from typing import Any

import pytest

from bot.library.destinations.address import parse_targets
from bot.library.destinations.s3.destination import S3Destination
from tests.stores.memory import FileMemory
from tests.stores.moto_store import Store
from tests.stores.recordings import MIB, NAME, content, finish, finished, sha256

AT_ONCE = 2
LEAST_STEPS = 15  # answers and notes of an upload in three parts


@pytest.mark.long
async def test_killed_at_each_step(store: Store, bucket: str, tmp_path: Path) -> None:
    """The right bytes, one object and no upload left, wherever it was."""
    url = f"s3://{bucket}?endpoint={store.url}&part_mib=5"
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["tests.stores.dying", "aiobotocore.session"])
    data = content(11 * MIB)
    steps = itertools.count(1)
    survivors: list[int] = []

    async def worker(s3: S3Destination) -> None:
        while not survivors:
            step = next(steps)
            folder = tmp_path / f"recording-{step}"
            folder.mkdir()
            (folder / "part-0001.mp4").write_bytes(data)
            process = forks.Process(target=_upload_until, args=(step, url, folder, folder.name))
            process.start()
            await asyncio.to_thread(process.join, 60)
            assert process.exitcode in {0, -signal.SIGKILL}
            if process.exitcode == 0:
                survivors.append(step)
            await _rescue(s3, folder)

    (target,) = parse_targets([url])
    async with S3Destination(target, ceiling_kbps=4000) as s3, asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(worker(s3))

    assert min(survivors) > LEAST_STEPS
    files = {f"{folder.name}/{NAME}": folder / NAME for folder in tmp_path.iterdir()}
    assert store.objects(bucket) == {key: file.stat().st_size for key, file in files.items()}
    assert {store.sha256(bucket, key) for key in files} == {sha256(file) for file in files.values()}
    assert store.uploads(bucket) == []


def _upload_until(*arguments: Any) -> None:
    from tests.stores.dying import upload_until  # noqa: PLC0415 - it changes the process it is imported in

    upload_until(*arguments)


async def _rescue(s3: S3Destination, folder: Path) -> None:
    file = folder / NAME
    if not file.exists():
        (folder / "part-0001.mp4").rename(file)
        finish(file)
    await s3.deliver(finished(file, recording_id=folder.name), FileMemory(folder / "memory.json"))
