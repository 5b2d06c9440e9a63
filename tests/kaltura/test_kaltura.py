"""Recordings become media entries at Kaltura: one each, whole, their owner's, and seen where they belong."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import ConfigurationError, DeliveryError
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.destinations.address import parse_targets
from bot.library.destinations.kaltura.destination import KalturaDestination
from bot.library.destinations.kaltura.plan import Piece, Token, TokenState, next_piece
from bot.library.destinations.kaltura.settings import settings_from
from signaling.model import RoomKind
from tests.kaltura.kaltura_server import READY, SECRET, KalturaServer, cut, running
from tests.kaltura.publishing import NAME, RECORDING_ID, ROOM, Kept, destination, digest, finished, target


@pytest.fixture
async def server() -> AsyncIterator[KalturaServer]:
    async with running(KalturaServer()) as one:
        yield one
        assert one.early == []


async def test_an_entry_with_all_that_belongs_to_it(server: KalturaServer, tmp_path: Path) -> None:
    """One entry: named like the file, the owner's, with co-editors, tags and reference id, with the file's bytes."""
    it = finished(tmp_path / "it.mp4")
    async with destination(server.url) as kaltura:
        evidence = await kaltura.deliver(it, Kept())
    entry = server.only_entry()
    assert entry.digest == digest(it.file)
    assert entry.fields == {
        "objectType": "KalturaMediaEntry",
        "mediaType": 1,
        "name": NAME.removesuffix(".mp4"),
        "userId": "olga",
        "entitledUsersEdit": "otto",
        "tags": "recording",
        "adminTags": "kalturameeting",
        "referenceId": RECORDING_ID,
        "description": "Recorded in Algebra on 2026-11-21 at 14:05 UTC.\n\n00:00:00 Start\n00:01:01 Slides",
    }
    assert evidence.details == {"entry": entry.id, "owner": "olga", "categories": "11", "room": "1_room"}
    assert (evidence.size, evidence.checksum) == (it.size, ""), "Kaltura tells no checksum: none is claimed"
    assert entry.id in evidence.uri
    assert {session.user for session in server.sessions.values()} == {"olga"}
    assert all(lifetime <= 86400 for lifetime in server.lifetimes)


MAIN = RoomEntry("main", "roomreel+ws://h/m", kind=RoomKind.CHANNEL, categories=("11", "12"), media_entry="1_main")
BREAKOUT = RoomEntry("b", "roomreel+ws://h/b", kind=RoomKind.BREAKOUT, parent="main", categories=("21",))


@pytest.mark.parametrize(
    ("room", "parent", "owner", "categories", "linked"),
    [
        (ROOM, None, "olga", [11], "1_room"),
        (replace(ROOM, kind=RoomKind.GALLERY, categories=("21",)), None, "olga", [21], "1_room"),
        (replace(ROOM, kind=RoomKind.GALLERY, owners=()), None, "mia", [11], "1_room"),
        (replace(ROOM, kind=RoomKind.SINGLE), None, "olga", [], "1_room"),
        (replace(ROOM, kind=RoomKind.SINGLE, media_entry=None), None, "olga", [], None),
        (BREAKOUT, MAIN, "olga", [11, 12], "1_main"),
        (replace(BREAKOUT, media_entry="1_breakout"), MAIN, "olga", [11, 12], "1_breakout"),
        (BREAKOUT, replace(MAIN, kind=RoomKind.SINGLE), "olga", [], "1_main"),
        (replace(ROOM, kind=RoomKind.BROADCAST), None, "olga", [11], "1_room"),
        (None, None, "mia", [], None),
    ],
    ids=[
        *("channel", "gallery", "gallery-without-owner", "single", "single-unlinked", "breakout", "breakout-linked"),
        *("breakout-of-single", "broadcast", "forgotten"),
    ],
)
async def test_where_it_is_seen(
    server: KalturaServer,
    tmp_path: Path,
    *,
    room: RoomEntry | None,
    parent: RoomEntry | None,
    owner: str,
    categories: list[int],
    linked: str | None,
) -> None:
    """The design's table: whose it is, in which channels and galleries, and at which room."""
    async with destination(server.url) as kaltura:
        await kaltura.deliver(finished(tmp_path / "it.mp4", room=room, parent=parent, owner=owner, editors=()), Kept())
    entry = server.only_entry()
    assert entry.fields["userId"] == owner
    assert entry.fields["entitledUsersEdit"] == ""
    assert entry.categories == categories
    assert [name for name, entries in server.rooms.items() if entries] == ([linked] if linked else [])
    assert ("breakout" in entry.fields["tags"]) == (room is not None and room.kind is RoomKind.BREAKOUT)


@pytest.mark.parametrize("size", [1, 9_999, 10_000, 10_001, 20_000, 34_567])
async def test_sizes_around_a_part(server: KalturaServer, tmp_path: Path, size: int) -> None:
    """Files smaller than a part, of whole parts and of a byte more arrive in parts that are never larger."""
    it = finished(tmp_path / "it.mp4", size=size)
    memory = Kept()
    async with destination(server.url) as kaltura:
        await kaltura.deliver(it, memory)
    assert server.only_entry().digest == digest(it.file)
    assert server.asked.count("uploadToken.upload") == -(-size // 10_000)
    assert server.most_at_once <= 10_000
    assert memory.sent == [*range(10_000, size, 10_000), size], "each part is a sign of life"


async def test_delivered_twice(server: KalturaServer, tmp_path: Path) -> None:
    """A second delivery, with its memory or without, sends nothing again and adds nothing."""
    it = finished(tmp_path / "it.mp4")
    memory = Kept()
    async with destination(server.url) as kaltura:
        first = await kaltura.deliver(it, memory)
        assert await kaltura.deliver(it, memory) == first
        assert await kaltura.deliver(it, Kept()) == first
    entry = server.only_entry()
    assert (entry.categories, server.rooms["1_room"]) == ([11], [entry.id])
    assert server.asked.count("uploadToken.upload") == 4


async def test_owner_room_and_poster_change_later(server: KalturaServer, tmp_path: Path) -> None:
    """Who owns it now owns it there; it moves to the other gallery; its poster is its picture; words that people
    changed there stay."""
    it = finished(tmp_path / "it.mp4")
    memory = Kept()
    async with destination(server.url) as kaltura:
        await kaltura.deliver(it, memory)
        entry = server.only_entry()
        entry.fields["name"] = "Lesson 1"
        (tmp_path / "poster.jpg").write_bytes(b"\xff\xd8 a picture")
        room = replace(ROOM, categories=("12", "21"))
        changed = replace(it, room=room, owner="otto", editors=("olga", "per,petra", "pia", "otto"))
        await kaltura.accompany(changed, memory)
        asked = len(server.asked)
        await kaltura.accompany(changed, memory)
    assert server.only_entry() is entry
    assert (entry.fields["userId"], entry.fields["entitledUsersEdit"]) == ("otto", "olga,pia")
    assert entry.fields["name"] == "Lesson 1"
    assert entry.categories == [12, 21]
    assert entry.thumbnail == b"\xff\xd8 a picture"
    assert server.asked[asked:] == ["media.get"], "nothing changed the second time"


async def test_nothing_is_added_for_companions(server: KalturaServer, tmp_path: Path) -> None:
    """An entry that somebody deleted after it had arrived is not made again; one that is not remembered is found."""
    it = finished(tmp_path / "it.mp4")
    memory = Kept()
    async with destination(server.url) as kaltura:
        await kaltura.deliver(it, memory)
        await kaltura.accompany(replace(it, owner="otto"), Kept())
        assert server.only_entry().fields["userId"] == "otto"
        server.entries.clear()
        await kaltura.accompany(replace(it, owner="olga"), memory)
        await kaltura.accompany(replace(it, owner="olga"), Kept())
    assert not server.entries


async def test_verify(server: KalturaServer, tmp_path: Path) -> None:
    """It tells of an entry that is gone, broken, or of another size; and of nothing else."""
    it = finished(tmp_path / "it.mp4")
    async with destination(server.url) as kaltura:
        evidence = await kaltura.deliver(it, Kept())
        assert await kaltura.verify(it, evidence) == ""
        entry = server.only_entry()
        entry.size += 1
        assert f"{it.size + 1} bytes" in await kaltura.verify(it, evidence)
        server.tells_exact_size = False
        assert await kaltura.verify(it, evidence) == "", "kilobytes cannot tell a byte"
        entry.size += 4096
        assert "bytes" in await kaltura.verify(it, evidence)
        entry.size = 0
        assert await kaltura.verify(it, evidence) == "", "it does not tell the size yet"
        entry.status = -1
        assert "converted" in await kaltura.verify(it, evidence)
        server.entries.clear()
        assert "not at Kaltura any more" in await kaltura.verify(it, evidence)


async def test_entry_deleted_before_it_was_confirmed(server: KalturaServer, tmp_path: Path) -> None:
    """Somebody deletes the entry while its recording is on the way: it is made anew, though searches still show it."""
    it = finished(tmp_path / "it.mp4")
    memory = Kept()
    async with destination(server.url) as kaltura:
        await kaltura.deliver(it, memory)
        server.ghosts = [server.only_entry()]
        server.entries.clear()
        server.rooms["1_room"].clear()
        await kaltura.deliver(it, memory)
    assert (server.only_entry().digest, server.only_entry().categories) == (digest(it.file), [11])


async def test_conversion_failed(server: KalturaServer, tmp_path: Path) -> None:
    """An entry that Kaltura could not convert is not confirmed; people are told, and it is asked for rarely."""
    memory = Kept()
    it = finished(tmp_path / "it.mp4")
    async with destination(server.url) as kaltura:
        await kaltura.deliver(it, memory)
        server.only_entry().status = -1
        with pytest.raises(DeliveryError, match="converted again there") as caught:
            await kaltura.deliver(it, memory)
        assert caught.value.wait_s == 3600
        server.only_entry().status = READY
        await kaltura.deliver(it, memory)


async def test_abandon(server: KalturaServer, tmp_path: Path) -> None:
    """What has begun goes; what has content stays."""
    memory = Kept()
    async with destination(server.url, waits_s=()) as kaltura:
        server.fail("uploadToken.upload", cut, nth=2, times=9)
        with pytest.raises(DeliveryError):
            await kaltura.deliver(finished(tmp_path / "it.mp4"), memory)
        assert server.uploads
        await kaltura.abandon(memory)
        assert (server.entries, server.uploads, memory.values) == ({}, {}, {})
        await kaltura.abandon(memory)
        server.faults.clear()
        await kaltura.deliver(finished(tmp_path / "it.mp4"), memory)
        await kaltura.abandon(memory)
        server.only_entry()


@pytest.mark.parametrize(
    ("state", "received", "piece"),
    [
        (TokenState.PENDING, 0, Piece(0, 10, resume=False, final=False)),
        (TokenState.PARTIAL, 0, Piece(0, 10, resume=True, final=False)),
        (TokenState.PARTIAL, 13, Piece(13, 10, resume=True, final=False)),
        (TokenState.PARTIAL, 15, Piece(15, 10, resume=True, final=True)),
        (TokenState.PARTIAL, 25, Piece(25, 0, resume=True, final=True)),
        (TokenState.FULL, 25, None),
    ],
)
def test_next_piece(state: TokenState, received: int, piece: Piece | None) -> None:
    """From where the server is, however far that is from where parts began, to the end of 25 bytes in parts of 10."""
    token = Token("1_t", state, received)
    assert token.can_take(25)
    assert next_piece(token, 25, 10) == piece


@pytest.mark.parametrize(
    ("state", "received"),
    [
        (TokenState.PARTIAL, 26),
        (TokenState.FULL, 24),
        (TokenState.CLOSED, 25),
        (TokenState.TIMED_OUT, 5),
        (TokenState.DELETED, 0),
    ],
)
def test_spent_tokens(state: TokenState, received: int) -> None:
    """A token that holds something else, or nothing any more, takes no file of 25 bytes."""
    assert not Token("1_t", state, received).can_take(25)


def test_addresses() -> None:
    """The secret travels encrypted or on loopback only; without it nothing is started; it is never shown."""
    for url in ("kaltura+http://kaltura.example/?partner=1", "kaltura+http://10.0.0.1/?partner=1"):
        with pytest.raises(ConfigurationError, match=r"kaltura\+https"):
            KalturaDestination(parse_targets((url,))[0], SECRET)
    https = parse_targets(("kaltura+https://kaltura.example/base/?partner=12&part_mib=5&user=bot",))[0]
    with pytest.raises(ConfigurationError, match="kaltura_secret"):
        KalturaDestination(https, "")
    found = settings_from(https, SECRET)
    assert (str(found.server), found.partner, found.part_bytes) == ("https://kaltura.example/base", 12, 5 << 20)
    assert found.identity == "bot"
    assert SECRET not in repr(found)
    assert settings_from(target("http://127.0.0.1:1"), SECRET).identity is None


async def test_one_user_for_all_sessions(server: KalturaServer, tmp_path: Path) -> None:
    """Where the address names a user, sessions are that one's, and entries still their owner's."""
    async with destination(server.url, identity="bot") as kaltura:
        await kaltura.deliver(finished(tmp_path / "it.mp4"), Kept())
    assert {session.user for session in server.sessions.values()} == {"bot"}
    assert server.only_entry().fields["userId"] == "olga"


async def test_file_that_is_not_as_announced(server: KalturaServer, tmp_path: Path) -> None:
    """A file that is missing or of another size is not published."""
    it = finished(tmp_path / "it.mp4")
    async with destination(server.url) as kaltura:
        with pytest.raises(DeliveryError, match="34567 bytes, not 1"):
            await kaltura.deliver(replace(it, size=1), Kept())
        with pytest.raises(DeliveryError, match="cannot be read"):
            await kaltura.deliver(replace(it, file=tmp_path / "no.mp4"), Kept())
    assert not server.uploads
