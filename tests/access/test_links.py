"""Links: for one thing, for a time, until they are ended; and downloads that are looked at anew each time."""

import time

from bot.lifecycle import State
from bot.service.access.person import Device, PersonRole, Right
from bot.service.access.tokens import LONGEST_TICKET_S, TICKET_S, Ticket, mint_ticket
from tests.access.populated import COMPANIONS, EDITOR, FILE, OWNER, Answer, Populated

DAY_S = 24 * 3600
ADDRESS = "/v1/recordings/rec-channel"
NAMES = {
    "contact_sheet": "contact-sheet.jpg",
    "seek": "seek.vtt",
    "report": "report.html",
    "events": "events.json",
    "speakers": "speakers.vtt",
}


async def link(
    library: Populated,
    what: str,
    *,
    token: str | None = None,
    address: str = ADDRESS,
    expires_in_s: int | None = None,
) -> Answer:
    more = {} if expires_in_s is None else {"expires_in_s": expires_in_s}
    return await library.ask("POST", f"{address}/links", {"what": what, **more}, token=token)


async def got(library: Populated, what: str, expires_in_s: int | None = None) -> str:
    """The address of a link that the service makes."""
    answer = await link(library, what, expires_in_s=expires_in_s)
    assert answer.status == 201, answer.body
    url: str = answer.json["url"]
    return url


async def test_each_thing_has_its_link_and_no_link_opens_another(library: Populated) -> None:
    """Without any header: its own bytes, and nothing else of that recording or of another."""
    for what, name in {"file": "", "poster": "poster.jpg", **NAMES}.items():
        url = await got(library, what)
        answer = await library.ask("GET", url, token="")
        assert answer.status == 200, what
        if what != "seek":
            assert answer.body == (COMPANIONS[name] if name else FILE), what
        ticket = url.partition("?")[2]
        for other, other_name in {**NAMES, "file": "file", "poster": "poster"}.items():
            place = f"companions/{other_name}" if other in NAMES else other_name
            answer = await library.ask("GET", f"{ADDRESS}/{place}?{ticket}", token="")
            assert answer.status == (200 if other == what else 403), (what, other)
        assert (await library.ask("GET", url.replace("rec-channel", "rec-single"), token="")).status == 403


async def test_a_players_pictures_open_with_the_link_to_their_text(library: Populated) -> None:
    """The text names its pictures by names beside it: followed from its address, as a player does, they are there."""
    url = await got(library, "seek", expires_in_s=DAY_S)
    answer = await library.ask("GET", url, token="")
    assert answer.headers["Content-Type"] == "text/vtt; charset=utf-8"
    line = next(line for line in answer.body.decode().splitlines() if line.startswith("seek-"))
    name, _, piece = line.partition("#")
    assert piece == "xywh=0,0,160,90"
    beside = url.rpartition("/")[0] + "/" + name
    assert (await library.ask("GET", beside, token="")).body == COMPANIONS["seek-001.jpg"]
    by_token = await library.ask("GET", f"{ADDRESS}/companions/seek.vtt")
    assert by_token.body == COMPANIONS["seek.vtt"]


SHARES: list[tuple[str, int | None, int]] = [
    ("participant", None, 201),
    ("participant", TICKET_S, 201),
    ("participant", TICKET_S + 1, 403),
    ("moderator", LONGEST_TICKET_S, 201),
    ("mobile moderator", DAY_S, 201),
    ("owner", LONGEST_TICKET_S, 201),
    ("co-editor", DAY_S, 201),
    ("service", LONGEST_TICKET_S, 201),
    ("service", LONGEST_TICKET_S + 1, 400),
    ("service", 0, 400),
    ("stranger", None, 404),
]


async def test_who_shares_for_how_long(library: Populated) -> None:
    """Ten minutes for whoever may watch; seven days for the owner and moderators; nobody for longer."""
    tokens = {
        "participant": library.token("ann", PersonRole.PARTICIPANT, "channel", rights=[Right.RECORD]),
        "moderator": library.token("mo", PersonRole.MODERATOR, "channel"),
        "mobile moderator": library.token("mo", PersonRole.MODERATOR, "channel", device=Device.MOBILE),
        "owner": library.token(OWNER, PersonRole.PARTICIPANT, "elsewhere", device=Device.MOBILE),
        "co-editor": library.token(EDITOR, PersonRole.PARTICIPANT, "elsewhere"),
        "stranger": library.token("eve", PersonRole.HOST, "elsewhere"),
        "service": library.token("server"),
    }
    for who, lifetime_s, status in SHARES:
        answer = await link(library, "file", token=tokens[who], expires_in_s=lifetime_s)
        assert answer.status == status, (who, lifetime_s)


async def test_a_link_lives_as_long_as_it_says(library: Populated) -> None:
    """To the second, but for clocks that differ."""
    now = int(time.time())
    for lifetime_s, age_s, status in ((60, 0, 200), (60, 80, 401), (DAY_S, DAY_S - 60, 200), (DAY_S, DAY_S + 60, 401)):
        ticket, _ = mint_ticket(
            Ticket("rec-channel", "file"), library.service.keys, now_s=now - age_s, lifetime_s=lifetime_s
        )
        assert (await library.ask("GET", f"{ADDRESS}/file?ticket={ticket}", token="")).status == status, age_s


async def test_links_end_when_somebody_ends_them(library: Populated) -> None:
    """All that were made before, at once, and none that is made afterwards; by those who may share."""
    urls = [await got(library, what, expires_in_s=DAY_S) for what in ("file", "report", "seek")]
    participant = library.token("ann", PersonRole.PARTICIPANT, "channel")
    assert (await library.ask("POST", f"{ADDRESS}/links/revoke", token=participant)).status == 403
    assert [(await library.ask("GET", url, token="")).status for url in urls] == [200, 200, 200]
    owner = library.token(OWNER, PersonRole.PARTICIPANT, "elsewhere")
    assert (await library.ask("POST", f"{ADDRESS}/links/revoke", token=owner)).status == 200
    assert [(await library.ask("GET", url, token="")).status for url in urls] == [401, 401, 401]
    assert (await library.ask("GET", await got(library, "file"), token="")).status == 200


async def test_what_is_thrown_away_is_gone_for_everybody_at_once(library: Populated) -> None:
    """By link and by token, from lists, folders and My Media; the service still knows of it."""
    url = await got(library, "file", expires_in_s=DAY_S)
    moderator = library.token("mo", PersonRole.MODERATOR, "channel")
    owner = library.token(OWNER, PersonRole.PARTICIPANT, "elsewhere")
    library.change("rec-channel", trashed_at=time.time())
    assert (await library.ask("GET", url, token="")).status == 401
    for token in (moderator, owner):
        assert (await library.ask("GET", f"{ADDRESS}/file", token=token)).status == 404
    mine = (await library.ask("GET", f"/v1/identities/{OWNER}/media", token=owner)).json["recordings"]
    assert "rec-channel" not in [one["id"] for one in mine]
    folders = (await library.ask("GET", "/v1/rooms/channel/media", token=moderator)).json["folders"]
    assert [folder["recordings"] for folder in folders] == [[], []]
    listed = (await library.ask("GET", "/v1/recordings", token=moderator)).json["recordings"]
    assert [one["id"] for one in listed] == []
    assert (await library.ask("GET", ADDRESS)).status == 200


async def test_on_the_way_it_is_its_makers_alone(library: Populated) -> None:
    """Until every destination has it participants know no more than that it is on its way."""
    library.add("rec-way", "single", state=State.UPLOADING)
    address = "/v1/recordings/rec-way"
    participant = library.token("ann", PersonRole.PARTICIPANT, "single")
    for who, role in ((OWNER, PersonRole.PARTICIPANT), ("mo", PersonRole.MODERATOR)):
        room = "single" if role is PersonRole.MODERATOR else "elsewhere"
        token = library.token(who, role, room)
        assert (await library.ask("GET", f"{address}/file", token=token)).status == 200
    assert (await library.ask("GET", address, token=participant)).json == {
        "id": "rec-way", "room": {"id": "single"}, "state": "uploading",
    }  # fmt: skip
    for place in ("file", "poster", "companions/seek.vtt"):
        assert (await library.ask("GET", f"{address}/{place}", token=participant)).status == 403
    assert (await link(library, "file", token=participant, address=address)).status == 403
    [folder] = (await library.ask("GET", "/v1/rooms/single/media", token=participant)).json["folders"]
    assert [one["id"] for one in folder["recordings"]] == ["rec-single"]


async def test_the_report_is_a_page_that_can_do_nothing(library: Populated) -> None:
    """Sandboxed, without script, form or frame, and kept by nobody on the way."""
    headers = (await library.ask("GET", await got(library, "report"), token="")).headers
    policy = [part.strip() for part in headers["Content-Security-Policy"].split(";")]
    assert {"sandbox", "default-src 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert not [part for part in policy if part.startswith("script-src") or "allow-" in part]
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"].startswith("private")


NO_COMPANIONS = [
    "order.json", "bot.log", "status.json", "control.sock", "part-0001.mp4", "journal.jsonl", "companions.json", "..",
    "..%2Forder.json", "%2E%2E%2Forder.json", "seek-001.jpg%00", "seek-1.jpg", "Poster.jpg", "poster.jpg%2F",
    "seek-١٢٣.jpg",
]  # fmt: skip


async def test_no_other_file_of_the_folder_is_a_companion(library: Populated) -> None:
    """By no name: what a bot was told, its log, its socket, parts, or anything beside the folder."""
    folder = library.library / "recordings" / "rec-channel"
    for secret in ("order.json", "bot.log", "status.json", "journal.jsonl", "companions.json"):
        (folder / secret).write_bytes(b"secret")
    for name in NO_COMPANIONS:
        answer = await library.ask("GET", f"{ADDRESS}/companions/{name}")
        assert answer.status in {400, 404}, name
        assert b"secret" not in answer.body


async def test_a_companion_is_no_way_out_of_the_folder(library: Populated) -> None:
    """Not even where somebody has put a link in its place."""
    path = library.library / "recordings" / "rec-channel" / "poster.jpg"
    path.unlink()
    path.symlink_to(library.library / "keys.json")
    assert (await library.ask("GET", f"{ADDRESS}/companions/poster.jpg")).status == 404
    listed = (await library.ask("GET", f"{ADDRESS}/companions")).json["companions"]
    assert "poster.jpg" not in [one["name"] for one in listed]
