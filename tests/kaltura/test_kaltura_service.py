"""A service that publishes to Kaltura: from a room to an entry of its owner, and on to its next owner."""

import asyncio
from pathlib import Path

import pytest

from bot.library.catalogue.room_entry import RoomEntry
from bot.lifecycle import State
from bot.service.ownership import hand_over
from bot.service.recordings import Recordings
from signaling.model import RoomKind
from signaling.rehearsal.room import RehearsalRoom
from tests.kaltura.kaltura_server import PARTNER, SECRET, KalturaServer, error_page, running
from tests.kaltura.publishing import digest
from tests.service_core.running import configured, entry, over, small_plan, until, until_recorded


@pytest.mark.long
async def test_from_a_breakout_room_to_an_entry(tmp_path: Path) -> None:
    """A breakout's recording is the parent room's owner's, in the parent's channel, linked to the parent's entry; while
    Kaltura is away it waits, and is not `available`. It follows when it is given away, and has its poster."""
    async with running(KalturaServer()) as server, RehearsalRoom(small_plan()) as room:
        configuration = configured(
            tmp_path / "library",
            destinations=(f"kaltura+{server.url}/?partner={PARTNER}",),
            kaltura_secret=SECRET,
        )
        server.fail("session.start", error_page, times=1000)
        async with Recordings(configuration) as service:
            service.put(
                RoomEntry(
                    "main",
                    room.url,
                    kind=RoomKind.CHANNEL,
                    owners=("olga", "otto"),
                    categories=("11",),
                    media_entry="1_main",
                )
            )
            started = await service.start(entry(room.url, "b", RoomKind.BREAKOUT, "main"), by="mia")
            await until_recorded(service, started.id, 1.0)
            await service.stop(started.id)
            await until(lambda: server.asked.count("session.start") >= 2)
            assert service.get(started.id).state is State.UPLOADING
            server.faults.clear()
            service.publisher.retry(started.id, "kaltura")
            done = await over(service, started.id)
            assert (done.state, done.owner) == (State.AVAILABLE, "olga")
            assert done.path is not None
            made = server.only_entry()
            assert made.digest == digest(tmp_path / "library" / done.path)
            assert made.fields["name"] == Path(done.path).stem
            assert (made.fields["userId"], made.fields["entitledUsersEdit"]) == ("olga", "otto")
            assert (made.categories, server.rooms["1_main"]) == ([11], [made.id])
            hand_over(service, started.id, "grace")
            await until(lambda: made.fields["userId"] == "grace")
            await until(lambda: made.thumbnail.startswith(b"\xff\xd8"))
            await asyncio.wait_for(service.idle.wait(), 60)
    assert server.only_entry() is made
