"""Stores that fail, lie and forget: in the end they have the right bytes, and before that nobody says so."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from bot.errors import DeliveryError
from bot.library.destinations.address import parse_targets
from bot.library.destinations.destination import Evidence
from bot.library.destinations.s3.destination import S3Destination
from tests.stores.memory import FileMemory
from tests.stores.moto_store import Store
from tests.stores.recordings import ID, MIB, NAME, content, finish, finished, grow, growing, sha256
from tests.stores.relay import Fault, Relay, xml_error

KEY = f"rec/{ID}/{NAME}"


def destination(relay: Relay | Store, bucket: str, more: str = "") -> S3Destination:
    (target,) = parse_targets([f"s3://{bucket}/rec?endpoint={relay.url}&part_mib=5{more}"])
    return S3Destination(target, ceiling_kbps=4000)


def times(count: int, method: str, sign: str, answer: web.Response | None = None) -> Fault:
    """The first requests of a kind are answered so (None: a byte of their body is changed on the way)."""
    left = iter(range(count))

    def fault(request: web.Request, body: bytes) -> web.Response | bytes | None:
        if request.method != method or sign not in request.raw_path or next(left, None) is None:
            return None
        if answer is None:
            return body[:-1] + bytes([body[-1] ^ 1])
        return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)

    return fault


async def delivered(s3: S3Destination, file: Path, memory: FileMemory) -> tuple[Evidence, list[str]]:
    """As the publisher does it, with shorter rests; and what was wrong before."""
    problems: list[str] = []
    async with asyncio.timeout(100):
        while True:
            try:
                return await s3.deliver(finished(file), memory), problems
            except DeliveryError as error:
                problems.append(str(error))
                await asyncio.sleep(0.1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    path.write_bytes(content(12 * MIB))
    return path


@pytest.fixture
def memory(tmp_path: Path) -> FileMemory:
    return FileMemory(tmp_path / "memory.json")


@pytest.fixture
def right(store: Store, bucket: str, file: Path) -> Iterator[None]:
    """However it went: one object with the file's bytes, and no upload left."""
    yield
    assert store.objects(bucket) == {KEY: file.stat().st_size}
    assert store.sha256(bucket, KEY) == sha256(file)
    assert store.uploads(bucket) == []


# How often, and of what.
FAULTS: dict[str, tuple[int, str, str, web.Response | None]] = {
    "part damaged": (2, "PUT", "partNumber=2", None),
    "part damaged more often than it is repeated": (4, "PUT", "partNumber=2", None),
    "last part refused": (6, "PUT", "partNumber=3", xml_error("InternalError", 500)),
    "last part not allowed": (1, "PUT", "partNumber=3", xml_error("AccessDenied", 403)),
    "completion fails late": (1, "POST", "uploadId=", xml_error("InternalError", 200)),
    "busy": (1, "PUT", "partNumber=1", xml_error("SlowDown", 503)),
    "no lists of uploads": (99, "GET", "uploads", xml_error("NotImplemented", 501)),
}


@pytest.mark.long
@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.usefixtures("right")
async def test_faults(store: Store, bucket: str, file: Path, memory: FileMemory, name: str) -> None:
    """Confirmed only when the store has it as it is."""
    async with Relay(store.url) as relay, destination(relay, bucket) as s3:
        relay.fault = times(*FAULTS[name])
        evidence, _ = await delivered(s3, file, memory)
    assert relay.struck
    assert evidence.checksum.startswith("crc32:")


async def test_wrong_completion_is_never_confirmed(store: Store, bucket: str, file: Path, memory: FileMemory) -> None:
    """A store that keeps saying no gets it sent anew, and the recording stays where it is."""
    async with Relay(store.url) as relay, destination(relay, bucket) as s3:
        relay.fault = times(99, "POST", "uploadId=", xml_error("InvalidPart", 400))
        with pytest.raises(DeliveryError, match=r"The object is not there"):
            await s3.deliver(finished(file), memory)
    assert store.objects(bucket) == {}


@pytest.mark.usefixtures("right")
async def test_object_damaged_after_its_parts(store: Store, bucket: str, file: Path, memory: FileMemory) -> None:
    """The last comparison is of the object: what changed between completion and the look at it is sent again."""
    spoiled = iter([content(file.stat().st_size, seed=3)])

    def fault(request: web.Request, _body: bytes) -> None:
        if request.method == "HEAD" and (data := next(spoiled, None)):
            store.put(bucket, KEY, data)

    async with Relay(store.url) as relay, destination(relay, bucket) as s3:
        relay.fault = fault
        await s3.deliver(finished(file), memory)


@pytest.mark.long
@pytest.mark.usefixtures("right")
async def test_store_down_while_recording(store: Store, bucket: str, file: Path, memory: FileMemory) -> None:
    """Connections refused for a while: following ends with a sentence, goes on when called again, and catches up."""
    data = file.read_bytes()
    file.write_bytes(b"")
    problems: list[str] = []

    async def follow(s3: S3Destination) -> None:
        while True:
            try:
                await s3.follow(growing(file), memory)
            except DeliveryError as error:
                problems.append(str(error))
                await asyncio.sleep(0.1)

    async with Relay(store.url) as relay, destination(relay, bucket) as s3:
        following = asyncio.create_task(follow(s3))
        await relay.stop()
        await grow(file, data, seconds=1)
        async with asyncio.timeout(60):
            while not problems:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            await relay.start()
            while "2" not in memory.values.get("upload", {}).get("parts", ()):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        following.cancel()
        await relay.stop()
        finish(file)
        with pytest.raises(DeliveryError, match=r"127\.0\.0\.1:\d+ did not answer"):
            await s3.deliver(finished(file), memory)
        await relay.start()
        await delivered(s3, file, memory)


@pytest.mark.long
@pytest.mark.usefixtures("right")
async def test_store_that_stops_reading(store: Store, bucket: str, file: Path, memory: FileMemory) -> None:
    """Nothing moves: the request is given up after a while instead of never."""
    file.write_bytes(content(17 * MIB))  # more than the kernel takes
    async with Relay(store.url) as relay:
        (target,) = parse_targets([f"s3://{bucket}/rec?endpoint={relay.url}"])
        relay.holds = lambda request: request.method == "PUT"
        async with S3Destination(target, stall_s=0.5) as s3, asyncio.timeout(60):
            with pytest.raises(DeliveryError, match=r"stopped reading in the middle of part \d"):
                await s3.deliver(finished(file), memory)
            relay.holds = lambda _request: False
            await delivered(s3, file, memory)


@pytest.mark.usefixtures("right")
async def test_upload_that_the_bucket_has_ended(store: Store, bucket: str, file: Path, memory: FileMemory) -> None:
    """A rule of the bucket has aborted it: a new one is begun."""
    memory.keep({"key": KEY, "upload": {"key": KEY, "id": "gone", "part_bytes": 5 * MIB, "sums": "whole", "parts": {}}})
    async with destination(store, bucket) as s3:
        await delivered(s3, file, memory)


@pytest.mark.usefixtures("right")
async def test_store_without_newer_checksums(store: Store, bucket: str, file: Path, memory: FileMemory) -> None:
    """Where CRC-32s are not known, the parts' MD5s are compared."""

    def fault(request: web.Request, _body: bytes) -> web.Response | None:
        known = any(name.lower().startswith("x-amz-checksum") for name in request.headers)
        return xml_error("NotImplemented", 501) if known and request.method != "HEAD" else None

    async with Relay(store.url) as relay, destination(relay, bucket) as s3:
        relay.fault = fault
        evidence, problems = await delivered(s3, file, memory)
        assert await s3.verify(finished(file), evidence) == ""
    assert problems == []
    assert evidence.checksum.startswith("md5-of-parts:")


@pytest.mark.usefixtures("right")
async def test_expired_credentials_are_renewed(
    store: Store, bucket: str, file: Path, memory: FileMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store refuses keys before their time is up: newer ones are asked for, and the delivery goes on."""
    asked = file.parent / "asked"
    program = file.parent / "credentials.sh"
    keys = {"Version": 1, "AccessKeyId": "AKIA$(wc -l < asked)", "SecretAccessKey": "s", "SessionToken": "t"}
    text = json.dumps({**keys, "Expiration": "2099-01-01T00:00:00Z"}).replace('"', '\\"')
    program.write_text(f'#!/bin/sh\ncd {file.parent}; echo x >> asked; echo "{text}"\n')
    program.chmod(0o700)
    settings = file.parent / "config"
    settings.write_text(f"[profile renewing]\ncredential_process = {program}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(settings))
    parts = 0

    def fault(request: web.Request, _body: bytes) -> web.Response | None:
        nonlocal parts
        parts += "partNumber" in request.raw_path
        old = "Credential=AKIA1/" in request.headers["Authorization"]
        if old and parts > 1:
            return web.Response(status=400) if request.method == "HEAD" else xml_error("ExpiredToken", 400)
        return None

    async with Relay(store.url) as relay, destination(relay, bucket, "&profile=renewing") as s3:
        relay.fault = fault
        _, problems = await delivered(s3, file, memory)
    assert problems == []
    assert asked.read_text() == "x\nx\n"


async def test_troubles_are_sentences_without_secrets(
    store: Store, file: Path, memory: FileMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No bucket, no credentials: what is wrong and what to do."""
    async with destination(store, "nowhere") as s3:
        with pytest.raises(DeliveryError, match="no bucket nowhere: create it"):
            await s3.deliver(finished(file), memory)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    async with destination(store, "nowhere") as s3:
        with pytest.raises(DeliveryError, match="no credentials for it: set AWS_ACCESS_KEY_ID"):
            await s3.deliver(finished(file), memory)
