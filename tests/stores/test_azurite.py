"""The emulator that Azure's maker publishes, as a process: `npm install -g azurite`."""

import base64
import hashlib
import hmac
import http.client
import re
import subprocess
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from bot.library.destinations.address import parse_targets
from bot.library.destinations.object_store import ObjectStore
from tests.stores.memory import FileMemory
from tests.stores.recordings import ID, MIB, NAME, content, finished

# Published with the emulator, for everybody.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
VERSION = "2021-08-06"

pytestmark = [pytest.mark.long, pytest.mark.needs("azurite-blob")]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    options = ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--blobPort", "0"]
    process = subprocess.Popen(["azurite-blob", *options], stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert process.stdout is not None
    try:
        listening = (re.search(r"listens on http://127\.0\.0\.1:(\d+)", line) for line in process.stdout)
        yield next(int(found[1]) for found in listening if found)
    finally:
        process.kill()
        process.wait()


def make_container(port: int, name: str) -> None:
    """Signed as Azure wants it (Shared Key)."""
    now = formatdate(usegmt=True)
    said = f"x-ms-date:{now}\nx-ms-version:{VERSION}\n/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    text = "PUT" + "\n" * 12 + said
    signature = base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()
    headers = {"x-ms-date": now, "x-ms-version": VERSION, "Authorization": f"SharedKey {ACCOUNT}:{signature}"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("PUT", f"/{ACCOUNT}/{name}?restype=container", b"", headers)
    assert connection.getresponse().status == 201
    connection.close()


async def test_file_in_blocks(port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken, compared, found again by another process's delivery, with a companion beside it."""
    make_container(port, "recordings")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", KEY)
    endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
    (target,) = parse_targets([f"az://recordings/rec?account={ACCOUNT}&part_mib=5&endpoint={endpoint}"])
    file, events, memory = tmp_path / NAME, tmp_path / "events.json", FileMemory(tmp_path / "memory.json")
    file.write_bytes(content(12 * MIB))
    events.write_text("{}")
    async with ObjectStore(target, ceiling_kbps=4000) as store:
        evidence = await store.deliver(finished(file), memory)
        await store.accompany(finished(file, events), memory)
        assert await store.verify(finished(file), evidence) == ""
        assert await store.deliver(finished(file), FileMemory(memory.path)) == evidence
    assert evidence.uri == f"az://recordings/rec/{ID}/{NAME}"
    assert evidence.checksum.startswith("crc32:")
