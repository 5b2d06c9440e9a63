"""The design's table, row by row: room kind by who asks, and what is seen, owned and where."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.service.access.person import Device, PersonRole, Right
from tests.access.populated import EDITOR, FILE, KINDS, OWNER, PARENTS_OWNER, STARTER, Populated, ids

in_rooms = pytest.mark.asyncio(loop_scope="module")

HERE, PARENT, ELSEWHERE = "here", "parent", "elsewhere"


@dataclass(frozen=True)
class Asker:
    """`room`: which one the token is for, as seen from the room in question."""

    identity: str = "ann"
    role: str = "participant"
    room: str = HERE
    mobile: bool = False
    rights: tuple[Right, ...] = field(default=())

    def token(self, service: Populated, room: str) -> str:
        if self.role == "service":
            return service.token("server")
        rooms = {HERE: room, PARENT: "parent", ELSEWHERE: "elsewhere"}
        device = Device.MOBILE if self.mobile else Device.DESKTOP
        return service.token(self.identity, PersonRole(self.role), rooms[self.room], device=device, rights=self.rights)


RECORD = (Right.RECORD,)
WHO = {
    "service": Asker(role="service"),
    "host": Asker(role="host"),
    "moderator": Asker(role="moderator"),
    "mobile moderator": Asker(role="moderator", mobile=True),
    "recorder": Asker(rights=RECORD),
    "participant": Asker(),
    "mobile participant": Asker(mobile=True),
    "parent's host": Asker(role="host", room=PARENT),
    "parent's moderator": Asker(role="moderator", room=PARENT),
    "parent's recorder": Asker(room=PARENT, rights=RECORD),
    "parent's participant": Asker(room=PARENT),
    "owner": Asker(OWNER, room=ELSEWHERE),
    "owner on a phone": Asker(OWNER, room=ELSEWHERE, mobile=True),
    "co-editor": Asker(EDITOR, room=ELSEWHERE),
    "parent's owner": Asker(PARENTS_OWNER, room=ELSEWHERE),
    "starter": Asker(STARTER, room=ELSEWHERE),
    "stranger": Asker(role="host", room=ELSEWHERE),
}
MODERATORS = {"service", "host", "moderator", "mobile moderator"}
EVERYONE = MODERATORS | {"recorder", "participant", "mobile participant"}
PARENTS = {"parent's host", "parent's moderator"}
OWNERS = {"owner", "owner on a phone", "co-editor"}


@dataclass(frozen=True)
class Row:
    """Of the design's table. `whole`: who has the file; `people`: who has what names people; `held`: who learns that
    there is one that is held back."""

    folder: str
    owner: str
    whole: set[str]
    people: set[str]
    mine: set[str]  # who has it in My Media
    held: set[str] = field(default_factory=set)


_OPEN = Row("Recordings", OWNER, EVERYONE | OWNERS, MODERATORS | OWNERS, OWNERS)
TABLE = {
    "channel": _OPEN,
    "gallery": _OPEN,
    "single": _OPEN,
    "broadcast-closed": _OPEN,
    "ownerless": Row("Recordings", STARTER, EVERYONE | {"starter"}, MODERATORS | {"starter"}, {"starter"}),
    "parent": Row(
        "Recordings",
        PARENTS_OWNER,
        EVERYONE | PARENTS | {"parent's recorder", "parent's participant"} | {"parent's owner", "co-editor"},
        MODERATORS | PARENTS | {"parent's owner", "co-editor"},
        {"parent's owner", "co-editor"},
    ),
    "breakout": Row(
        "Breakout room recordings",
        PARENTS_OWNER,
        MODERATORS | PARENTS | {"parent's owner", "co-editor"},
        MODERATORS | PARENTS | {"parent's owner", "co-editor"},
        {"parent's owner", "co-editor"},
    ),
    "broadcast-open": Row("Recordings", OWNER, {"service"}, {"service"}, set(), MODERATORS - {"service"}),
}


def test_no_kind_is_left_out() -> None:
    """Each room that there is has its row."""
    assert set(TABLE) == set(KINDS)


def _file_status(row: Row, who: str) -> int:
    return 200 if who in row.whole else 403 if who in row.held else 404


def _people_status(row: Row, who: str) -> int:
    return 200 if who in row.people else 403 if who in row.whole | row.held else 404


@in_rooms
@pytest.mark.parametrize("room", TABLE)
async def test_a_recording_by_its_id(rooms: Populated, room: str) -> None:
    """The file, what names people, and what the API says of it: for each, and not for anybody else."""
    row, address = TABLE[room], f"/v1/recordings/rec-{room}"
    for who, asker in WHO.items():
        token = asker.token(rooms, room)
        file = await rooms.ask("GET", f"{address}/file", token=token)
        assert file.status == _file_status(row, who), who
        assert (file.body == FILE) is (who in row.whole), who
        for name in ("poster.jpg", "contact-sheet.jpg", "seek.vtt", "seek-001.jpg"):
            answer = await rooms.ask("GET", f"{address}/companions/{name}", token=token)
            assert answer.status == _file_status(row, who), (who, name)
        for name in ("report.html", "report.json", "events.json", "speakers.vtt"):
            answer = await rooms.ask("GET", f"{address}/companions/{name}", token=token)
            assert answer.status == _people_status(row, who), (who, name)
        shown = await rooms.ask("GET", address, token=token)
        assert shown.status == (200 if who in row.whole | row.held else 404), who
        if who in row.whole:
            assert (shown.json["owner"], shown.json["folder"]) == (row.owner, row.folder), who
        elif who in row.held:
            assert (shown.json["held"], "owner" in shown.json) == (True, False), who
    assert (await rooms.ask("GET", f"{address}/file", token="")).status == 401


@in_rooms
@pytest.mark.parametrize("room", TABLE)
async def test_the_rooms_media_and_files(rooms: Populated, room: str) -> None:
    """The folder stands in its room, a breakout's in its parent's, and whoever may not see it sees no folder."""
    row = TABLE[room]
    shelf = "parent" if room == "breakout" else room
    for who, asker in WHO.items():
        answer = await rooms.ask("GET", f"/v1/rooms/{shelf}/media", token=asker.token(rooms, shelf))
        is_there = who in EVERYONE or (shelf == "parent" and asker.room == PARENT)
        assert answer.status == (200 if is_there else 403), who
        if not is_there:
            continue
        folders = {folder["name"]: folder for folder in answer.json["folders"]}
        moderates = who in MODERATORS | PARENTS
        assert list(folders) == ["Recordings", "Breakout room recordings"][: 1 + moderates], who
        if row.folder in folders:
            listed: list[dict[str, Any]] = folders[row.folder]["recordings"]
            assert (f"rec-{room}" in ids(listed)) is (who in row.whole | row.held), who
            for one in listed:
                assert one["held"] is bool(TABLE[one["id"].removeprefix("rec-")].held), who
    assert (await rooms.ask("GET", f"/v1/rooms/{shelf}/media", token="")).status == 401


@in_rooms
async def test_a_breakouts_own_page(rooms: Populated) -> None:
    """Its moderators find what was made in it, and there is no other folder."""
    for who, expected in (("moderator", ["rec-breakout"]), ("parent's moderator", ["rec-breakout"])):
        answer = await rooms.ask("GET", "/v1/rooms/breakout/media", token=WHO[who].token(rooms, "breakout"))
        assert [(one["name"], ids(one["recordings"])) for one in answer.json["folders"]] == [
            ("Breakout room recordings", expected)
        ]
    answer = await rooms.ask("GET", "/v1/rooms/breakout/media", token=WHO["participant"].token(rooms, "breakout"))
    assert (answer.status, answer.json["folders"]) == (200, [])


@in_rooms
async def test_my_media(rooms: Populated) -> None:
    """What is somebody's own, from whatever room they come; nobody else looks into it but the service."""
    for who, asker in WHO.items():
        if asker.role == "service" or asker.identity == "ann":
            continue
        expected = {f"rec-{room}" for room, row in TABLE.items() if who in row.mine}
        for token in (asker.token(rooms, "channel"), rooms.token("server")):
            answer = await rooms.ask("GET", f"/v1/identities/{asker.identity}/media", token=token)
            assert (answer.status, set(ids(answer.json["recordings"]))) == (200, expected), who
        other = await rooms.ask("GET", "/v1/identities/ann/media", token=asker.token(rooms, "channel"))
        assert (other.status, "somebody else" in other.json["detail"]) == (403, True)
    assert (await rooms.ask("GET", f"/v1/identities/{OWNER}/media", token="")).status == 401
    host = rooms.token("ann", PersonRole.HOST, "channel")
    assert (await rooms.ask("GET", f"/v1/identities/{OWNER}/media", token=host)).status == 403


@in_rooms
async def test_what_goes_with_a_file_is_listed_for_whom_it_is(rooms: Populated) -> None:
    """Names and kinds, and those that name people only for those who may have them."""
    people = {"events.json", "report.html", "report.json", "speakers.vtt"}
    for who, more in (("participant", set()), ("moderator", people), ("owner", people), ("co-editor", people)):
        answer = await rooms.ask("GET", "/v1/recordings/rec-channel/companions", token=WHO[who].token(rooms, "channel"))
        names = {one["name"] for one in answer.json["companions"]}
        assert names == {"poster.jpg", "contact-sheet.jpg", "seek.vtt", "seek-001.jpg"} | more
        assert answer.json["may"] == {
            "share": who != "participant", "hand_over": who == "owner", "remove": who == "owner",
        }, who  # fmt: skip
