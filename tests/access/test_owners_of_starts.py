"""Whose recordings are when a start tells of its room: in order with all others who do, and only if it is one."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from bot.errors import OutputError
from bot.library.catalogue.room_entry import RoomEntry
from bot.service import ownership
from bot.service.access.person import PersonRole
from bot.service.keepers import Keepers
from bot.service.recordings import Recordings
from tests.access.populated import OWNER, Answer, Populated


@pytest.fixture(autouse=True)
def no_bots() -> Iterator[None]:
    """Starts are accepted, and nothing runs."""
    with mock.patch.object(Keepers, "keep"):
        yield


async def start(library: Populated, room: str, key: str | None = None, **told: Any) -> Answer:
    headers = {} if key is None else {"Idempotency-Key": key}
    return await library.ask("POST", "/v1/recordings", {"room": {"id": room, **told}}, headers=headers)


def owner(library: Populated, recording: str) -> str:
    return library.service.recordings.get(recording).owner


async def test_a_start_that_waits_does_not_give_the_room_back(library: Populated) -> None:
    """It came while the room changed hands: it knows what the room is when it is its turn."""
    async with ownership.room_alone(library.service.recordings, "channel"):
        told = asyncio.create_task(library.tell_room("channel", kind="channel", owners=["nora"]))
        await asyncio.sleep(0.1)
        begun = asyncio.create_task(start(library, "channel"))
        await asyncio.sleep(0.1)
    await told
    assert (await begun).status == 201
    assert library.room("channel").owners == ("nora",)
    assert owner(library, "rec-channel") == owner(library, (await begun).json["id"]) == "nora"


async def test_a_start_that_is_sent_again_tells_nothing_of_its_room(library: Populated) -> None:
    """The room has changed hands since; the answer is the old recording, and everything stays where it is."""
    first = await start(library, "channel", "once", title="Channel", kind="channel", owners=["nora"])
    assert (first.status, owner(library, "rec-channel")) == (201, "nora")
    await library.tell_room("channel", kind="channel", owners=["pat"])
    again = await start(library, "channel", "once", title="Channel", kind="channel", owners=["nora"])
    assert again.json["id"] == first.json["id"]
    assert (owner(library, "rec-channel"), library.room("channel").owners) == ("pat", ("pat",))


@pytest.mark.parametrize("is_put", [True, False])
async def test_a_start_that_fails_leaves_room_and_recordings_in_step(library: Populated, is_put: bool) -> None:
    """Whether the room was kept before it failed or not; told again, it is as if nothing had been."""

    async def fail(recordings: Recordings, room: RoomEntry, **_: object) -> None:
        if is_put:
            recordings.put(room)
        raise OutputError("The disk is full.")

    told: dict[str, Any] = {"kind": "channel", "owners": ["nora"]}
    with mock.patch.object(Recordings, "start", fail):
        assert (await start(library, "channel", **told)).status == 503
    assert owner(library, "rec-channel") == library.room("channel").owners[0] == ("nora" if is_put else OWNER)
    assert (await start(library, "channel", **told)).status == 201
    assert owner(library, "rec-channel") == "nora"


async def test_a_refused_start_leaves_everything_where_it_is(library: Populated) -> None:
    """Links that were shared live on, for nothing has changed hands."""
    library.service.recordings.drain()
    assert (await start(library, "channel", kind="channel", owners=["nora"])).status == 503
    known = library.service.recordings.get("rec-channel")
    assert (known.owner, known.link_series) == (OWNER, 0)
    assert library.room("channel").owners[0] == OWNER


async def test_only_what_belongs_together_waits(library: Populated) -> None:
    """While a room changes hands others start as usual; its breakouts wait, and go to whom it goes."""
    async with ownership.room_alone(library.service.recordings, "parent"):
        assert (await start(library, "channel")).status == 201
        host = library.token("hugo", PersonRole.HOST, "parent")
        all_of_it = asyncio.create_task(library.ask("POST", "/v1/rooms/parent/breakouts/start", token=host))
        alone = asyncio.create_task(start(library, "breakout"))
        await asyncio.sleep(0.2)
        assert not all_of_it.done()
        assert not alone.done()
        parent = library.room("parent")
        library.service.recordings.put(replace(parent, owners=("nora",)))
    assert sorted([(await all_of_it).status, (await alone).status]) in ([200, 201], [200, 409])
    begun = [one for one in library.service.recordings.list(room="breakout") if one.id != "rec-breakout"]
    assert {one.owner for one in begun} == {"nora"}
