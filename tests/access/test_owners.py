"""Whose recordings are, today: rooms with other owners, breakouts whose parent room comes later, gifts by hand."""

import time
from dataclasses import replace

from bot.lifecycle import EndReason, State
from bot.service.access.person import Device, PersonRole
from tests.access.populated import EDITOR, OWNER, PARENTS_OWNER, STARTER, Populated, ids


async def mine(library: Populated, identity: str) -> set[str]:
    """What that identity sees in My Media, and can really have."""
    token = library.token(identity, PersonRole.PARTICIPANT, "elsewhere")
    answer = await library.ask("GET", f"/v1/identities/{identity}/media", token=token)
    found = set(ids(answer.json["recordings"]))
    for recording in found:
        assert (await library.ask("GET", f"/v1/recordings/{recording}/file", token=token)).status == 200
    return found


async def test_another_owner_of_the_room_takes_its_recordings_over(library: Populated) -> None:
    """Those that were the former one's, those of its breakouts too; access follows at once, and shared links end."""
    library.add("rec-gift", "parent", owner="grace")
    link = (await library.ask("POST", "/v1/recordings/rec-parent/links", {"what": "file", "expires_in_s": 3600})).json
    assert await mine(library, PARENTS_OWNER) == {"rec-parent", "rec-breakout"}
    await library.tell_room("parent", kind="channel", owners=["nora", EDITOR])
    assert await mine(library, "nora") == {"rec-parent", "rec-breakout"}
    assert await mine(library, PARENTS_OWNER) == set()
    assert await mine(library, "grace") == {"rec-gift"}  # given away by hand: it stays
    assert {"rec-parent", "rec-breakout", "rec-gift"} <= await mine(library, EDITOR)
    assert (await library.ask("GET", link["url"], token="")).status == 401


async def test_a_room_that_names_nobody_takes_nothing_away(library: Populated) -> None:
    """Told of without owners: everybody keeps what is theirs, until somebody is named."""
    await library.tell_room("channel", kind="channel")
    assert "rec-channel" in await mine(library, OWNER)
    await library.tell_room("channel", kind="channel", owners=["nora"])
    assert "rec-channel" in await mine(library, OWNER)


async def test_a_gallery_that_is_given_an_owner(library: Populated) -> None:
    """Until then the recording was whoever's who started it."""
    assert await mine(library, STARTER) == {"rec-ownerless"}
    await library.tell_room("ownerless", kind="gallery", owners=["nora"])
    assert await mine(library, STARTER) == set()
    assert await mine(library, "nora") == {"rec-ownerless"}


async def test_a_parent_room_that_is_told_of_after_its_breakout(library: Populated) -> None:
    """Its owner's the breakout's recordings are from then on, and its other owners' too."""
    await library.tell_room("early", kind="breakout", parent="late")
    library.add("rec-early", "early")
    assert "rec-early" in await mine(library, STARTER)
    await library.tell_room("late", kind="channel", owners=["nora", EDITOR])
    assert "rec-early" not in await mine(library, STARTER)
    assert await mine(library, "nora") == {"rec-early"}
    assert "rec-early" in await mine(library, EDITOR)


async def test_a_recording_is_given_away(library: Populated) -> None:
    """By the service or its owner, from a computer; not by whoever owns the room with them, or moderates it."""
    address = "/v1/recordings/rec-channel/owner"
    gift = {"owner": "grace"}
    refused = [
        library.token(OWNER, PersonRole.PARTICIPANT, "elsewhere", device=Device.MOBILE),
        library.token(EDITOR, PersonRole.PARTICIPANT, "elsewhere"),
        library.token("mo", PersonRole.HOST, "channel"),
        library.token("ann", PersonRole.PARTICIPANT, "channel"),
    ]
    for token in refused:
        assert (await library.ask("PUT", address, gift, token=token)).status == 403
    stranger = library.token("eve", PersonRole.HOST, "elsewhere")
    assert (await library.ask("PUT", address, gift, token=stranger)).status == 404
    owner = library.token(OWNER, PersonRole.PARTICIPANT, "elsewhere")
    answer = await library.ask("PUT", address, gift, token=owner)
    assert (answer.status, "owner" in answer.json) == (200, False)  # it is not theirs to see any more
    assert "rec-channel" not in await mine(library, OWNER)
    assert await mine(library, "grace") == {"rec-channel"}
    assert (await library.ask("PUT", address, gift, token=owner)).status == 404
    back = await library.ask("PUT", address, {"owner": OWNER})
    assert (back.status, back.json["owner"]) == (200, OWNER)
    assert "rec-channel" in await mine(library, OWNER)


async def test_everybody_who_listens_hears_of_another_owner(library: Populated) -> None:
    """Destinations follow by that; the same owner again is no news."""
    told: list[tuple[str, str]] = []
    library.service.recordings.listeners.append(
        lambda before, after: told.append((before.owner if before else "", after.owner))
    )
    for owner in ("grace", "grace"):
        assert (await library.ask("PUT", "/v1/recordings/rec-single/owner", {"owner": owner})).status == 200
    await library.tell_room("gallery", kind="gallery", owners=["nora", EDITOR])
    assert [change for change in told if change[0] != change[1]] == [(OWNER, "grace"), (OWNER, "nora")]


async def test_pages_are_bounded_and_whole(library: Populated) -> None:
    """The newest first, each once, whatever the size of a page; also where co-editors' and own ones are mixed."""
    expected = []
    for number in range(9):
        room = ("channel", "single", "breakout")[number % 3]
        owner = EDITOR if number % 2 else OWNER if room != "breakout" else PARENTS_OWNER
        library.add(f"rec-z{number}", room, owner=owner)
        expected.append(f"rec-z{number}")
    expected.reverse()
    token = library.token(EDITOR, PersonRole.PARTICIPANT, "elsewhere")
    for limit in (1, 4, 200):
        found: list[str] = []
        cursor = ""
        while True:
            page = (await library.ask("GET", f"/v1/identities/{EDITOR}/media?limit={limit}{cursor}", token=token)).json
            assert len(page["recordings"]) <= limit
            found += ids(page["recordings"])
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert [one for one in found if one.startswith("rec-z")] == expected
        assert len(set(found)) == len(found)
    moderator = library.token("mo", PersonRole.MODERATOR, "parent")
    path = "/v1/rooms/parent/media?folder=Breakout%20room%20recordings&limit=2"
    [first] = (await library.ask("GET", path, token=moderator)).json["folders"]
    assert ids(first["recordings"]) == ["rec-z8", "rec-z5"]
    [second] = (await library.ask("GET", f"{path}&cursor={first['next']}", token=moderator)).json["folders"]
    assert ids(second["recordings"]) == ["rec-z2", "rec-breakout"]
    assert second["next"] is None


async def test_what_has_no_file_is_in_no_folder(library: Populated) -> None:
    """What failed with its file is; what failed without one, or still runs, is not."""
    library.add("rec-lost", "single", state=State.FAILED, path=None, file=None)
    library.add("rec-kept", "single", state=State.FAILED, problem="It broke off.")
    token = library.token("ann", PersonRole.PARTICIPANT, "single")
    [folder] = (await library.ask("GET", "/v1/rooms/single/media", token=token)).json["folders"]
    assert ids(folder["recordings"]) == ["rec-single", "rec-kept"]
    assert {"rec-kept", "rec-single"} <= await mine(library, OWNER)
    assert "rec-lost" not in await mine(library, OWNER)


async def test_a_broadcast_until_its_room_is_closed(library: Populated) -> None:
    """Held from everybody but the service; closed, it is the room's and its owner's; the next one is held again."""
    moderator = library.token("mo", PersonRole.MODERATOR, "broadcast-open")
    participant = library.token("ann", PersonRole.PARTICIPANT, "broadcast-open")
    address = "/v1/recordings/rec-broadcast-open"
    assert (await library.ask("GET", f"{address}/file", token=moderator)).status == 403
    for what in ("file", "poster", "report"):
        answer = await library.ask("POST", f"{address}/links", {"what": what}, token=moderator)
        assert (answer.status, "until its room is closed" in answer.json["detail"]) == (403, True)
    by_service = (await library.ask("POST", f"{address}/links", {"what": "file"})).json["url"]
    assert (await library.ask("GET", by_service, token="")).status == 403
    assert "rec-broadcast-open" not in await mine(library, OWNER)

    assert (await library.ask("POST", "/v1/rooms/broadcast-open/close")).status == 200
    assert (await library.ask("GET", f"{address}/file", token=moderator)).status == 200
    assert "rec-broadcast-open" in await mine(library, OWNER)
    room = library.room("broadcast-open")
    assert room.closed_at is not None
    library.service.recordings.put(replace(room, closed_at=None, title="Again"))
    assert library.room("broadcast-open").closed_at == room.closed_at
    shown = await library.ask("GET", address)
    assert shown.json["held"] is False
    assert (await library.ask("GET", address, token=participant)).status == 200


async def test_a_broadcast_whose_end_a_bot_has_seen(library: Populated) -> None:
    """The room itself was closed, and nobody told the service: what was held of it before is free, and what began
    after that is not."""
    began = time.time() - 600
    library.add("rec-preview", "broadcast-open", state=State.UPLOADING, held=True, asked_at=began)
    library.add("rec-next", "broadcast-open", state=State.UPLOADING, held=True, asked_at=began + 500)
    running = library.add("rec-last", "broadcast-open", state=State.FINALISING, asked_at=began + 100)
    made = replace(
        running, state=State.UPLOADING, end_reason=EndReason.ROOM_CLOSED, ended_at=began + 300, recording_since=began
    )
    assert library.service.recordings.ledger.changed(running, made) == ""
    held = {one: library.service.recordings.get(one).held for one in ("rec-preview", "rec-last", "rec-next")}
    assert held == {"rec-preview": False, "rec-last": False, "rec-next": True}


async def test_a_room_that_nobody_tells_of_any_more(library: Populated) -> None:
    """After the catalogue was made anew from the files: its folders are there as before, for the same people."""
    with library.service.recordings.database.transaction() as cursor:
        cursor.execute("DELETE FROM rooms")
    for room, who, expected in (
        ("parent", PersonRole.MODERATOR, [["rec-parent"], ["rec-breakout"]]),
        ("parent", PersonRole.PARTICIPANT, [["rec-parent"]]),
        ("breakout", PersonRole.PARTICIPANT, []),
        ("breakout", PersonRole.MODERATOR, [["rec-breakout"]]),
    ):
        answer = await library.ask("GET", f"/v1/rooms/{room}/media", token=library.token("mo", who, room))
        assert [ids(folder["recordings"]) for folder in answer.json["folders"]] == expected, (room, who)
    assert (await library.ask("GET", "/v1/rooms/never/media")).status == 404
    assert await mine(library, PARENTS_OWNER) == {"rec-parent", "rec-breakout"}
