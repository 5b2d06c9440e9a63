"""Google's and Azure's stores, as a loopback server that answers like them; Azure's also as its maker's emulator."""

import asyncio
import base64
import json
import os
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.errors import ConfigurationError, DeliveryError
from bot.library.destinations import object_store
from bot.library.destinations.address import parse_targets
from bot.library.destinations.object_notes import Notes
from bot.library.destinations.object_store import ObjectStore
from bot.library.destinations.piece import crc32_of_span
from tests.stores.blob_server import BlobServer
from tests.stores.memory import FileMemory
from tests.stores.recordings import ID, MIB, NAME, content, finished

KEY = f"rec/{ID}/{NAME}"
KINDS = ("gs", "az")
_UPLOADS = {"gs": ("partNumber=", "uploadId="), "az": ("comp=block&", "comp=blocklist")}


@pytest.fixture
async def server() -> AsyncIterator[BlobServer]:
    async with BlobServer() as running:
        yield running


@pytest.fixture(scope="module")
def account() -> str:
    """A service account that the library signs its own tokens with."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return json.dumps({"private_key": text, "private_key_id": "1", "client_email": "roomreel@project.example"})


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, account: str) -> None:
    """Where services find them."""
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT_KEY", account)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", base64.b64encode(b"a key of the test").decode())


@pytest.fixture
def memory(tmp_path: Path) -> FileMemory:
    return FileMemory(tmp_path / "memory.json")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    path.write_bytes(content(12 * MIB))
    return path


def destination(server: BlobServer, kind: str, more: str = "") -> ObjectStore:
    account = "&account=roomreel" if kind == "az" else ""
    (target,) = parse_targets([f"{kind}://bucket/rec?endpoint={server.url}&part_mib=5{account}{more}"])
    return ObjectStore(target, ceiling_kbps=4000)


def sendings(server: BlobServer) -> int:
    return sum(request.startswith(("PUT", "POST")) for request in server.seen)


@pytest.mark.parametrize("kind", KINDS)
async def test_file_in_parts(server: BlobServer, kind: str, file: Path, memory: FileMemory) -> None:
    """Sent in parts, read again and compared, with type, name and id; a second delivery sends nothing."""
    async with destination(server, kind) as store:
        evidence = await store.deliver(finished(file), memory)
        assert await store.verify(finished(file), evidence) == ""
        sent = sendings(server)
        assert await store.deliver(finished(file), FileMemory(memory.path)) == evidence
    assert sendings(server) == sent >= 4
    assert server.objects == {f"bucket/{KEY}": file.read_bytes()}
    assert not any(server.pending.values())
    described = {name.removeprefix("x-ms-blob-"): value for name, value in server.described[f"bucket/{KEY}"].items()}
    assert described["content-type"] == "video/mp4"
    assert described["content-disposition"].startswith('attachment; filename="Rec - 2026-11-22 10-00-00')
    assert ID in described.values()
    assert (evidence.uri, evidence.size) == (f"{kind}://bucket/{KEY}", 12 * MIB)
    assert evidence.checksum.startswith("crc32:")


@pytest.mark.parametrize("kind", KINDS)
async def test_small_file_and_companions(
    server: BlobServer, kind: str, file: Path, memory: FileMemory, tmp_path: Path
) -> None:
    """One request each; companions that have not changed are not sent again."""
    file.write_bytes(content(1000))
    report = tmp_path / "report.html"
    report.write_text("<p>good")
    async with destination(server, kind, "&compare=size") as store:
        evidence = await store.deliver(finished(file), memory)
        await store.accompany(finished(file, report), memory)
        await store.accompany(finished(file, report, tmp_path / "gone.vtt"), memory)
    assert sendings(server) == 2
    assert server.objects == {f"bucket/{KEY}": content(1000), f"bucket/rec/{ID}/report.html": b"<p>good"}
    assert evidence.checksum == ""  # nothing was compared but the size, and nobody says otherwise


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_damaged_is_sent_again(server: BlobServer, kind: str, file: Path, memory: FileMemory) -> None:
    """A byte changed on the way: never confirmed as it is."""
    part, _ = _UPLOADS[kind]

    def fault(request: web.Request, body: bytes) -> bytes | None:
        return body[:-1] + bytes([body[-1] ^ 1]) if part in request.raw_path and not server.struck else None

    server.fault = fault
    async with destination(server, kind) as store:
        await store.deliver(finished(file), memory)
        server.struck = 0
        server.objects.clear()
        server.fault = lambda request, body: b"x" * len(body) if part in request.raw_path else None
        with pytest.raises(DeliveryError, match="bytes are not those of the file"):
            await store.deliver(finished(file), memory)
    assert server.struck


@pytest.mark.parametrize("kind", KINDS)
async def test_store_that_fails_and_goes_away(server: BlobServer, kind: str, file: Path, memory: FileMemory) -> None:
    """Errors of the server and refused connections are outlasted; the object is right in the end."""
    data = file.read_bytes()
    _, completion = _UPLOADS[kind]

    def fault(request: web.Request, _body: bytes) -> web.Response | None:
        return web.Response(status=503) if completion in request.raw_path and server.struck < 2 else None

    server.fault = fault
    async with destination(server, kind) as store:
        await server.stop()
        delivering = asyncio.create_task(store.deliver(finished(file), memory))
        await asyncio.sleep(0.3)
        await server.start()
        await delivering
    assert server.struck == 2
    assert server.objects == {f"bucket/{KEY}": data}


@pytest.mark.parametrize("kind", KINDS)
async def test_delivery_that_broke_off(server: BlobServer, kind: str, file: Path, memory: FileMemory) -> None:
    """Ended in the middle, it is sent again; ended after the last byte but before the note, it is only compared."""
    _, completion = _UPLOADS[kind]
    met = asyncio.Event()

    def fault(request: web.Request, _body: bytes) -> None:
        if completion in request.raw_path:
            met.set()

    server.fault = fault
    async with destination(server, kind) as store:
        delivering = asyncio.create_task(store.deliver(finished(file), memory))
        await met.wait()
        delivering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await delivering
        await store.deliver(finished(file), FileMemory(memory.path))
        lost = {name: value for name, value in memory.values.items() if name != "object"}
        memory.keep({**lost, "sent": True})
        sent = sendings(server)
        await store.deliver(finished(file), FileMemory(memory.path))
        assert sendings(server) == sent
    assert server.objects == {f"bucket/{KEY}": file.read_bytes()}


async def test_the_file_is_read_once(
    server: BlobServer, file: Path, memory: FileMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not while the store cannot be asked, in pieces that whoever ends it need not wait for, and not at each attempt;
    again when somebody has written the file."""
    read: list[int] = []

    def summed(path: Path, offset: int, length: int, crc32: int) -> int:
        read.append(length)
        return crc32_of_span(path, offset, length, crc32)

    monkeypatch.setattr(object_store, "crc32_of_span", summed)
    monkeypatch.setattr(object_store, "_SUMMED_AT_ONCE", 5 * MIB)
    async with destination(server, "gs") as store:
        server.fault = lambda _request, _body: web.Response(status=403)
        with pytest.raises(DeliveryError):
            await store.deliver(finished(file), memory)
        assert read == []
        server.fault = lambda request, _body: web.Response(status=403) if request.method != "HEAD" else None
        with pytest.raises(DeliveryError):
            await store.deliver(finished(file), memory)
        assert read == [5 * MIB, 5 * MIB, 2 * MIB]
        server.fault = lambda _request, _body: None
        evidence = await store.deliver(finished(file), FileMemory(memory.path))
        assert len(read) == 3
        assert evidence.checksum == f"crc32:{zlib.crc32(file.read_bytes()):08x}"
        os.utime(file, (1, 1))
        assert (await store.deliver(finished(file), FileMemory(memory.path))).checksum == evidence.checksum
        assert len(read) == 6


@pytest.mark.parametrize("kind", KINDS)
async def test_what_became_of_it_is_noticed(server: BlobServer, kind: str, file: Path, memory: FileMemory) -> None:
    """Replaced by something of the same size, cut off, deleted."""
    async with destination(server, kind) as store:
        evidence = await store.deliver(finished(file), memory)
        server.put(f"bucket/{KEY}", content(12 * MIB, seed=2))
        assert "was replaced" in await store.verify(finished(file), evidence)
        server.put(f"bucket/{KEY}", b"short")
        assert "5 bytes" in await store.verify(finished(file), evidence)
        server.objects.clear()
        assert await store.verify(finished(file), evidence) == "The object is not there."


@pytest.mark.parametrize("kind", KINDS)
async def test_troubles_are_sentences_without_secrets(
    server: BlobServer, kind: str, file: Path, memory: FileMemory
) -> None:
    """What is wrong, and nothing of what the store wrote."""
    server.fault = lambda _request, _body: web.Response(status=403, text="signature abc of key 123")
    async with destination(server, kind) as store:
        with pytest.raises(DeliveryError) as caught:
            await store.deliver(finished(file), memory)
    assert "These credentials may not do that" in str(caught.value)
    assert "abc" not in str(caught.value)
    server.fault = lambda _request, _body: web.Response(status=404)
    async with destination(server, kind) as store:
        with pytest.raises(DeliveryError, match="no such bucket or container: create it"):
            await store.deliver(finished(file), FileMemory(memory.path.with_name("other.json")))


def test_no_recording_crosses_a_network_in_the_clear() -> None:
    """http:// is for this machine."""
    for url in ("gs://b?endpoint=http://store.example", "az://c?account=a&endpoint=http://10.0.0.1"):
        with pytest.raises(ConfigurationError, match="anybody between could read"):
            ObjectStore(parse_targets([url])[0])


def test_long_sendings_show_life(memory: FileMemory) -> None:
    """Once a minute, so that nobody takes one of two hours for hung."""
    notes, kept_s = Notes(memory, KEY), []
    for now_s in range(1000, 1301, 10):
        memory.path.unlink(missing_ok=True)
        notes.show_life(float(now_s))
        if memory.path.exists():
            kept_s.append(now_s)
    assert kept_s == [1000, 1060, 1120, 1180, 1240, 1300]
