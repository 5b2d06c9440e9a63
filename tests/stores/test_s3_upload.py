"""Recordings reach a bucket of a real S3 server."""

import asyncio
import os
import re
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bot.library.destinations.address import parse_targets
from bot.library.destinations.s3.destination import S3Destination
from tests.stores.memory import FileMemory
from tests.stores.moto_store import Store
from tests.stores.recordings import ID, MIB, NAME, content, finish, finished, grow, growing, sha256
from tests.stores.relay import Relay

PROMISED_S = 3.0
TRIES = 3

KEY = f"rec/{ID}/{NAME}"


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - of what another process or a server knows
            await asyncio.sleep(0.05)


def has_parts(memory: FileMemory, count: int) -> bool:
    return len(memory.values.get("upload", {}).get("parts", ())) == count


def destination(store: Store | Relay, bucket: str, part_mib: int = 5) -> S3Destination:
    (target,) = parse_targets([f"s3://{bucket}/rec?endpoint={store.url}&part_mib={part_mib}"])
    return S3Destination(target, ceiling_kbps=4000)


async def test_small_file_is_one_object(store: Store, bucket: str, tmp_path: Path) -> None:
    """A recording that fits a part is put at once, with its name for downloads and its id."""
    file = tmp_path / NAME
    file.write_bytes(content(300_000))
    memory = FileMemory(tmp_path / "memory.json")
    async with destination(store, bucket) as s3:
        evidence = await s3.deliver(finished(file), memory)
        assert await s3.verify(finished(file), evidence) == ""
    assert store.objects(bucket) == {KEY: 300_000}
    assert store.sha256(bucket, KEY) == sha256(file)
    headers = store.headers(bucket, KEY)
    assert headers["content-type"] == "video/mp4"
    assert (
        "filename*=UTF-8''Rec%20-%202026-11-22%2010-00-00%20-%20Gr%C3%B6%C3%9Fe%20&%20Ma%C3%9F.mp4"
        in (headers["content-disposition"])
    )
    assert headers["x-amz-meta-roomreel-recording"] == ID
    assert (evidence.uri, evidence.size) == (f"s3://{bucket}/{KEY}", 300_000)
    assert evidence.checksum.startswith("crc32:")


@pytest.mark.long
async def test_upload_while_it_grows(store: Store, bucket: str, tmp_path: Path) -> None:
    """At the end only the first part, which finishing changed, and the last are still to be sent."""
    file, memory = tmp_path / NAME, FileMemory(tmp_path / "memory.json")
    async with destination(store, bucket) as s3:
        following = asyncio.create_task(s3.follow(growing(file), memory))
        await grow(file, content(23 * MIB), seconds=3)
        await until(lambda: set(memory.values["upload"]["parts"]) == {"2", "3", "4"})
        assert not following.done()
        following.cancel()
        finish(file)
        sent = dict(memory.values["upload"]["parts"])
        evidence = await s3.deliver(finished(file), memory)
        assert await s3.verify(finished(file), evidence) == ""
        assert await s3.deliver(finished(file), memory) == evidence
    assert len(sent) == 3
    assert store.objects(bucket) == {KEY: file.stat().st_size}
    assert store.sha256(bucket, KEY) == sha256(file)
    assert store.uploads(bucket) == []


@pytest.mark.long
async def test_another_process_goes_on(store: Store, bucket: str, tmp_path: Path) -> None:
    """What was sent before the first process went is not sent again, and what memory lost is found at the store."""
    file, memory = tmp_path / NAME, FileMemory(tmp_path / "memory.json")
    file.write_bytes(content(22 * MIB))
    async with destination(store, bucket) as s3, asyncio.timeout(60):
        following = asyncio.create_task(s3.follow(growing(file), memory))
        await until(lambda: has_parts(memory, 3))
        following.cancel()
    upload = dict(memory.values["upload"])
    upload["parts"] = {"2": upload["parts"]["2"]}
    memory.keep({**memory.values, "upload": upload})
    finish(file)
    async with Relay(store.url) as relay, destination(relay, bucket) as s3:
        await s3.deliver(finished(file), FileMemory(tmp_path / "memory.json"))
        assert sorted(re.findall(r"PUT \S+partNumber=(\d+)", "\n".join(relay.seen))) == ["1", "5"]
    assert store.sha256(bucket, KEY) == sha256(file)


@pytest.mark.long
@pytest.mark.parametrize("size", [12 * MIB, 300_000])
async def test_file_that_was_made_anew(store: Store, bucket: str, tmp_path: Path, size: int) -> None:
    """Joined, or rewritten with its tables in front, shorter than what was followed: the object is the file."""
    part, file, memory = tmp_path / "part-0001.mp4", tmp_path / NAME, FileMemory(tmp_path / "memory.json")
    part.write_bytes(content(16 * MIB))
    file.write_bytes(content(size, seed=2))
    async with destination(store, bucket) as s3, asyncio.timeout(60):
        following = asyncio.create_task(s3.follow(growing(part), memory))
        await until(lambda: has_parts(memory, 2))
        following.cancel()
        await s3.deliver(finished(file), memory)
    assert store.objects(bucket) == {KEY: size}
    assert store.sha256(bucket, KEY) == sha256(file)
    assert store.uploads(bucket) == []


async def test_companions_lie_beside_the_file(store: Store, bucket: str, tmp_path: Path) -> None:
    """With their types; those that have not changed are not sent a second time."""
    file, report, events = tmp_path / NAME, tmp_path / "report.html", tmp_path / "events.json"
    file.write_bytes(content(1000))
    report.write_text("<p>good")
    events.write_text("{}")
    memory = FileMemory(tmp_path / "memory.json")
    async with Relay(store.url) as relay, destination(relay, bucket) as s3:
        await s3.deliver(finished(file), memory)
        await s3.accompany(finished(file, report, events), memory)
        report.write_text("<p>better")
        relay.seen.clear()
        await s3.accompany(finished(file, report, events, tmp_path / "gone.vtt"), memory)
        assert len(relay.seen) == 1
    assert store.objects(bucket) == {KEY: 1000, f"rec/{ID}/report.html": 9, f"rec/{ID}/events.json": 2}
    assert store.headers(bucket, f"rec/{ID}/report.html")["content-type"] == "text/html; charset=utf-8"


async def test_recording_that_came_to_nothing(store: Store, bucket: str, tmp_path: Path) -> None:
    """Abandoned: no upload is left, not even one that was begun by a process killed before it could note it."""
    part, memory = tmp_path / "part-0001.mp4", FileMemory(tmp_path / "memory.json")
    part.write_bytes(content(10 * MIB))
    store.begin_upload(bucket, "rec/another/one.mp4")
    async with destination(store, bucket) as s3, asyncio.timeout(60):
        following = asyncio.create_task(s3.follow(growing(part), memory))
        await until(lambda: has_parts(memory, 1))
        following.cancel()
        store.begin_upload(bucket, KEY)
        assert len(store.uploads(bucket)) == 3
        await s3.abandon(memory)
        await s3.abandon(memory)
    assert len(store.uploads(bucket)) == 1
    assert store.objects(bucket) == {}


async def test_what_became_of_it_is_noticed(store: Store, bucket: str, tmp_path: Path) -> None:
    """An object that was replaced or deleted since is not called right."""
    file = tmp_path / NAME
    file.write_bytes(content(1000))
    memory = FileMemory(tmp_path / "memory.json")
    async with destination(store, bucket) as s3:
        evidence = await s3.deliver(finished(file), memory)
        store.put(bucket, KEY, content(1000, seed=2))
        assert await s3.verify(finished(file), evidence) == "The object's checksum is not that of the file."
        store.put(bucket, KEY, content(999))
        assert await s3.verify(finished(file), evidence) == "The object has 999 bytes instead of 1000."
        assert (await s3.deliver(finished(file), memory)).checksum == evidence.checksum
    assert store.sha256(bucket, KEY) == sha256(file)


@pytest.mark.long
@pytest.mark.alone
async def test_complete_soon_after_the_end(store: Store, bucket: str, tmp_path: Path) -> None:
    """An hour of slides at 300 kbps, sent while it grew: three seconds after it was finished it is in the store,
    compared."""
    part = tmp_path / "part-0001.mp4"
    took_s: list[float] = []
    for attempt in range(TRIES):
        file, memory = tmp_path / f"{attempt}.mp4", FileMemory(tmp_path / f"{attempt}.json")
        part.write_bytes(os.urandom(128 * MIB))
        async with destination(store, bucket, part_mib=16) as s3:
            following = asyncio.create_task(s3.follow(growing(part, f"hour-{attempt}"), memory))
            await until(partial(has_parts, memory, 7))
            following.cancel()
            part.rename(file)
            finish(file, tables=bytes(2 * MIB))
            began_s = time.monotonic()
            evidence = await s3.deliver(finished(file, recording_id=f"hour-{attempt}"), memory)
            took_s.append(time.monotonic() - began_s)
        assert evidence.checksum == f"crc32:{zlib.crc32(file.read_bytes()):08x}"
        if took_s[-1] <= PROMISED_S:
            return
    pytest.fail(f"It took {took_s} s.")
