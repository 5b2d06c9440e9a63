"""Downloads without a bot: what a failed recording left, and readers who take their time."""

import asyncio
import os

import pytest

from bot.lifecycle import State
from bot.service.api import opened
from mixer.mp4.box import box
from tests.service_api.asking import Asking

HEAD = box(b"ftyp", b"isom") + box(b"moov", bytes(64))
FRAGMENT = box(b"moof", bytes(32)) + box(b"mdat", bytes(500))
LARGE = 64 << 20  # more than the kernel takes on a reader's behalf


async def test_what_a_failed_recording_left_can_be_had(asking: Asking) -> None:
    """Part by part, up to its last whole fragment; what is asked for without `part` says so."""
    folder = asking.add("failed", State.FAILED)
    (folder / "part-0001.mp4").write_bytes(HEAD + FRAGMENT * 2 + FRAGMENT[:-1])
    address = "/v1/recordings/failed/file"
    status, body = await asking.get(address)
    assert (status, b"part=1" in body) == (409, True)
    assert await asking.get(f"{address}?part=1") == (200, HEAD + FRAGMENT * 2)
    assert (await asking.get(f"{address}?part=2"))[0] == 404
    asking.add("taken", State.AVAILABLE, "media/taken.mp4")
    assert (await asking.get("/v1/recordings/taken/file"))[0] == 404


async def test_downloads_that_stall_are_bounded(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a file open: beyond so many the next is asked to come back, and is served once a place is free."""
    monkeypatch.setattr(opened, "_places", asyncio.Semaphore(1))
    asking.add("large", State.AVAILABLE, "large.mp4")
    with (asking.library / "large.mp4").open("wb") as file:
        os.truncate(file.fileno(), LARGE)
    address = "/v1/recordings/large/file"
    stalled = await asking.session.get(address)
    assert stalled.status == 200
    async with asking.session.get(address) as second:
        assert (second.status, second.headers["Retry-After"]) == (503, "30")
    assert (await asking.get("/v1/recordings/large/file?part=1"))[0] == 409
    stalled.close()
    async with asyncio.timeout(30):
        while (await asking.get(address))[0] != 200:  # noqa: ASYNC110 - asks over HTTP
            await asyncio.sleep(0.05)
