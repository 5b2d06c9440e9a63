"""Whatever Kaltura's server, the way to it or our process does: one entry, with the right bytes, where it belongs."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.errors import DeliveryError
from bot.library.destinations.destination import Evidence, Finished
from tests.kaltura.kaltura_server import (
    PARTIAL,
    SECRET,
    KalturaServer,
    cut,
    cut_in_the_middle,
    elsewhere,
    endless,
    error_page,
    login_page,
    refusal,
    running,
    silence,
)
from tests.kaltura.publishing import PART_BYTES, ROOM, Kept, destination, digest, finished

MOST_ATTEMPTS = 20
# What one delivery asks for, in its order; the file has four parts.
COURSE = (
    "session.start",
    "media.list",
    "media.add",
    "uploadToken.add",
    "uploadToken.get",
    *["uploadToken.upload"] * 4,
    "media.addContent",
    "categoryEntry.add",
    "room.attachRecordedEntry",
    "media.get",
    "flavorAsset.list",
)
STEPS = tuple(dict.fromkeys(COURSE))


@pytest.fixture
async def server() -> AsyncIterator[KalturaServer]:
    async with running(KalturaServer()) as one:
        yield one
        assert one.early == []


@pytest.fixture
def it(tmp_path: Path) -> Finished:
    return finished(tmp_path / "it.mp4")


def assert_whole(server: KalturaServer, it: Finished) -> None:
    entry = server.only_entry()
    assert entry.digest == digest(it.file)
    assert (entry.fields["userId"], entry.fields["entitledUsersEdit"]) == ("olga", "otto")
    assert (entry.categories, server.rooms["1_room"]) == ([11], [entry.id])


async def delivered(
    server: KalturaServer, it: Finished, memory: Kept | None = None, **changes: Any
) -> tuple[Evidence, list[DeliveryError]]:
    """Tried again as the publisher does, each time as a new process would; with what went wrong before."""
    memory = memory or Kept()
    problems: list[DeliveryError] = []
    while True:
        try:
            async with destination(server.url, **changes) as kaltura:
                return await kaltura.deliver(it, memory), problems
        except DeliveryError as error:
            problems.append(error)
            assert len(problems) < MOST_ATTEMPTS, problems
            await asyncio.sleep(min(error.wait_s or 0.0, 0.2))


async def test_the_course(server: KalturaServer, it: Finished) -> None:
    """An undisturbed delivery asks for this and for no more."""
    _, problems = await delivered(server, it)
    assert tuple(server.asked) == COURSE
    assert problems == []
    assert_whole(server, it)


@pytest.mark.parametrize(
    ("what", "stage"),
    [
        (error_page, "before"),
        (refusal("INTERNAL_SERVERL_ERROR"), "before"),
        (cut, "before"),
        (cut, "after"),
        (silence, "after"),
    ],
    ids=["page", "error", "cut", "cut-after", "silence-after"],
)
@pytest.mark.parametrize("action", STEPS)
async def test_each_request_fails(server: KalturaServer, it: Finished, action: str, what: Any, stage: str) -> None:
    """Each of them in turn: not done, or done and its answer lost; by error pages, cuts and silence."""
    server.fail(action, what, stage=stage)
    patience_s = 0.3 if what is silence else 20.0
    await delivered(server, it, patience_s=patience_s, last_patience_s=patience_s)
    assert_whole(server, it)


@pytest.mark.parametrize("stage", ["before", "after"])
@pytest.mark.parametrize("number", range(len(COURSE)))
async def test_stopped_at_each_request(server: KalturaServer, it: Finished, number: int, stage: str) -> None:
    """The work ends in the middle of any request; another process goes on with what was remembered."""
    reached = asyncio.Event()

    async def hold(request: web.Request) -> web.StreamResponse:
        reached.set()
        return await silence(request)

    action = COURSE[number]
    server.fail(action, hold, stage=stage, nth=COURSE[: number + 1].count(action))
    memory = Kept()
    async with destination(server.url) as kaltura:
        work = asyncio.create_task(kaltura.deliver(it, memory))
        await asyncio.wait_for(reached.wait(), 20)
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
    await delivered(server, it, memory)
    assert_whole(server, it)


@pytest.mark.parametrize(("what", "words"), [(login_page, "no JSON"), (endless, "more than 1 MiB")])
async def test_what_is_no_answer_of_the_api(server: KalturaServer, it: Finished, what: Any, words: str) -> None:
    """Pages that look like success, and answers without an end, are neither believed nor read on."""
    server.fail("media.addContent", what)
    _, problems = await delivered(server, it, patience_s=20, last_patience_s=20)
    assert [words in str(problem) for problem in problems] == [True]
    assert_whole(server, it)


async def test_cut_in_the_middle_of_a_part(server: KalturaServer, it: Finished) -> None:
    """The way is cut while a part is under way: it is sent again, and only that one."""
    server.fail("uploadToken.upload", cut_in_the_middle, nth=3)
    _, problems = await delivered(server, it)
    assert problems == []
    assert server.asked.count("uploadToken.upload") == 5
    assert_whole(server, it)


async def test_a_part_refused(server: KalturaServer, it: Finished) -> None:
    """A part that is refused is sent again; one that is refused for ever ends in a new upload token."""
    server.fail("uploadToken.upload", refusal("UPLOAD_ERROR"), nth=2, times=2)
    _, problems = await delivered(server, it)
    assert problems == []
    assert_whole(server, it)
    server.entries.clear()
    server.rooms["1_room"].clear()
    server.fail("uploadToken.upload", refusal("UPLOAD_TOKEN_CANNOT_RESUME"), nth=2, times=5)
    _, problems = await delivered(server, it)
    assert "UPLOAD_TOKEN_CANNOT_RESUME" in str(problems[0])
    assert len(server.uploads) == 3
    assert_whole(server, it)


async def test_half_a_part_kept(server: KalturaServer, it: Finished) -> None:
    """A server that keeps half of a part and fails: what it has is not sent again."""

    async def keep_half(request: web.Request) -> web.StreamResponse:
        upload = next(iter(server.uploads.values()))
        at = upload.received
        server.write(upload, at, it.file.read_bytes()[at : at + PART_BYTES // 2])
        return await error_page(request)

    server.fail("uploadToken.upload", keep_half, nth=2)
    await delivered(server, it)
    assert_whole(server, it)
    assert server.asked.count("uploadToken.upload") == 4


async def test_silence_after_the_last_part(server: KalturaServer, it: Finished) -> None:
    """The last part takes the server longer than we wait; it has it: nothing is sent again."""
    server.fail("uploadToken.upload", silence, stage="after", nth=4)
    _, problems = await delivered(server, it, last_patience_s=1.0)
    assert problems == []
    assert server.asked.count("uploadToken.upload") == 4
    assert_whole(server, it)


@pytest.mark.long
async def test_slow_last_part_is_waited_for(server: KalturaServer, it: Finished) -> None:
    """The last part has a patience of its own: servers take up to 45 s for it."""

    async def slow(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(1.6)
        upload = next(iter(server.uploads.values()))
        return web.json_response({"id": upload.id, "status": 2, "uploadedFileSize": upload.received})

    server.fail("uploadToken.upload", slow, stage="after", nth=4)
    _, problems = await delivered(server, it, patience_s=1.0, last_patience_s=20)
    assert problems == []
    assert server.asked == list(COURSE)


async def test_end_of_the_file_not_understood(server: KalturaServer, it: Finished) -> None:
    """All bytes are there but the server has not put them together yet: an empty last part says it again."""

    async def not_yet(request: web.Request) -> web.StreamResponse:
        next(iter(server.uploads.values())).status = PARTIAL
        return await refusal("UPLOAD_TOKEN_CANNOT_MATCH_EXPECTED_SIZE")(request)

    server.fail("uploadToken.upload", not_yet, stage="after", nth=4)
    _, problems = await delivered(server, it)
    assert problems == []
    assert_whole(server, it)


async def test_session_expires_in_the_middle(server: KalturaServer, it: Finished) -> None:
    """A session that ends between two parts is renewed; nothing but the refused part is sent again."""

    async def expire(request: web.Request) -> web.StreamResponse:
        server.expire_sessions()
        return await server.handle(request)

    server.fail("uploadToken.upload", expire, nth=3)
    _, problems = await delivered(server, it)
    assert problems == []
    assert len(server.sessions) == 2
    assert len(server.uploads) == 1
    assert_whole(server, it)


async def test_token_expires(server: KalturaServer, it: Finished) -> None:
    """After a week an upload is worth nothing, after two the server does not know it: it begins anew."""
    for days in (8, 15):
        server.entries.clear()
        server.rooms["1_room"].clear()
        memory = Kept()
        server.fail("uploadToken.upload", cut, nth=3, times=9)
        async with destination(server.url) as kaltura:
            with pytest.raises(DeliveryError):
                await kaltura.deliver(it, memory)
        server.faults.clear()
        server.pass_time(days * 24 * 3600)
        server.asked.clear()
        _, problems = await delivered(server, it, memory)
        assert len(problems) == 1
        assert server.asked.count("uploadToken.get") == 2, "the old one once, the new one once"
        assert_whole(server, it)


@pytest.mark.parametrize("code", ["UPLOAD_TOKEN_INVALID_STATUS_FOR_ADD_ENTRY", "ENTRY_ALREADY_WITH_CONTENT"])
async def test_content_that_an_earlier_request_added(server: KalturaServer, it: Finished, code: str) -> None:
    """A request that nobody waited for any more has added the content by now: it is not uploaded again."""
    server.fail("media.addContent", refusal(code), stage="after")
    _, problems = await delivered(server, it)
    assert problems == []
    assert_whole(server, it)
    server.entries.clear()
    server.rooms["1_room"].clear()
    server.fail("media.addContent", refusal(code))
    _, problems = await delivered(server, it)
    assert len(problems) == 1, "the token was of no use: a new one"
    assert_whole(server, it)


async def test_file_made_anew(server: KalturaServer, it: Finished) -> None:
    """What was uploaded of a file that has been finished again since is not mixed with the new one."""
    memory = Kept()
    server.fail("uploadToken.upload", cut, nth=3, times=9)
    async with destination(server.url) as kaltura:
        with pytest.raises(DeliveryError):
            await kaltura.deliver(it, memory)
    server.faults.clear()
    it.file.write_bytes(bytes(reversed(it.file.read_bytes())))
    await delivered(server, it, memory)
    assert_whole(server, it)


async def test_search_lags_behind(server: KalturaServer, it: Finished) -> None:
    """The entry is added, the answer lost, and the search does not show it yet: no second one, and a wait instead."""
    server.searches_behind = 2
    server.fail("media.add", cut, stage="after")
    _, problems = await delivered(server, it, settle_s=1000)
    assert ["never two" in str(problem) for problem in problems] == [False, True, True]
    assert all(900 < (problem.wait_s or 0) <= 1000 for problem in problems[1:])
    assert server.asked.count("media.add") == 1
    assert_whole(server, it)


async def test_nothing_was_sent(it: Finished) -> None:
    """A server that is away when the entry would be added costs no time to settle: nothing was asked of it."""
    memory = Kept()
    async with running(KalturaServer()) as server:
        url = server.url
    async with destination(url) as kaltura:
        with pytest.raises(DeliveryError, match="cannot be reached") as caught:
            await kaltura.deliver(it, memory)
    assert caught.value.wait_s is None
    assert memory.values.get("adding_s") is None


async def test_nothing_was_sent_of_the_entry(server: KalturaServer, it: Finished) -> None:
    """The same between the search and the entry."""

    async def close(_request: web.Request) -> web.StreamResponse:
        await server.stop_listening()
        return web.json_response({"objects": []}, headers={"Connection": "close"})

    server.fail("media.list", close)
    memory = Kept()
    async with destination(server.url, settle_s=1000) as kaltura:
        with pytest.raises(DeliveryError, match="cannot be reached"):
            await kaltura.deliver(it, memory)
    assert memory.values["adding_s"] is None


@pytest.mark.long
async def test_slow_way(server: KalturaServer, tmp_path: Path) -> None:
    """A part that takes longer to send than an answer may take to come arrives all the same."""
    it = finished(tmp_path / "it.mp4", size=24 << 20)

    async def read_slowly(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(2.0)
        return await server.handle(request)

    server.fail("uploadToken.upload", read_slowly)
    _, problems = await delivered(server, it, part_bytes=32 << 20, patience_s=1.0, last_patience_s=1.0)
    assert problems == []
    assert server.asked.count("uploadToken.get") == 1, "it did not have to be asked what became of it"


async def test_wrong_category(server: KalturaServer, it: Finished) -> None:
    """A channel that is not there keeps the recording from no other place, is named, and can be told right later."""
    wrong = replace(it, room=replace(ROOM, categories=("99", "12")))
    memory = Kept()
    async with destination(server.url) as kaltura:
        with pytest.raises(DeliveryError, match="`categories`") as caught:
            await kaltura.deliver(wrong, memory)
        assert caught.value.wait_s == 3600
        entry = server.only_entry()
        assert (entry.categories, server.rooms["1_room"]) == ([12], [entry.id])
        await kaltura.deliver(replace(it, room=replace(ROOM, categories=("12", "11"))), memory)
    assert entry.categories == [12, 11]


@pytest.mark.parametrize("changes", [{"secret": "wrong-S3CRET-of-somebody"}, {"partner": 1}])
async def test_wrong_account(server: KalturaServer, it: Finished, changes: dict[str, Any]) -> None:
    """A wrong secret or partner is told in a sentence without the secret, and tried again rarely."""
    async with destination(server.url, **changes) as kaltura:
        with pytest.raises(DeliveryError, match=r"START_SESSION_ERROR.*kaltura_secret") as caught:
            await kaltura.deliver(it, Kept())
    assert caught.value.wait_s == 3600
    assert "S3CRET" not in str(caught.value)


async def test_no_secrets_in_errors(server: KalturaServer, it: Finished) -> None:
    """Kaltura's own words repeat the session, and could repeat the secret: ours don't."""
    for code in ("INVALID_KS", "SOMETHING_NEW"):
        said: list[str] = []

        async def repeat(request: web.Request, code: str = code, said: list[str] = said) -> web.StreamResponse:
            said.extend(server.sessions)
            return await refusal(code, f'Invalid KS "{said[-1]}" of {SECRET}\r\nand\x00 so on')(request)

        server.fail("media.list", repeat, times=2)
        async with destination(server.url) as kaltura:
            with pytest.raises(DeliveryError, match=code) as caught:
                await kaltura.deliver(it, Kept())
        server.faults.clear()
        assert not any(secret in str(caught.value) for secret in (*said, SECRET))
        assert "\n" not in str(caught.value)


async def test_a_partner_who_may_not_look(server: KalturaServer, it: Finished) -> None:
    """Where sizes are not shown to the partner the recording arrives all the same; what may not be done is said."""
    server.fail("flavorAsset.list", refusal("SERVICE_FORBIDDEN"), times=9)
    server.fail("room.attachRecordedEntry", refusal("SERVICE_FORBIDDEN"))
    _, problems = await delivered(server, it)
    assert ["permissions" in str(problem) for problem in problems] == [True]
    assert_whole(server, it)


async def test_redirects_are_not_followed(server: KalturaServer, it: Finished) -> None:
    """The session stays with the server that it was started at."""
    server.fail("media.add", elsewhere)
    async with destination(server.url) as kaltura:
        with pytest.raises(DeliveryError, match="not followed"):
            await kaltura.deliver(it, Kept())


async def test_certificate_that_nobody_vouches_for(tmp_path: Path, it: Finished) -> None:
    """A server that cannot prove who it is gets nothing, not even the request."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now.replace(year=2100)
    )
    pem = tmp_path / "it.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    async with running(KalturaServer(), context) as server, destination(server.url) as kaltura:
        with pytest.raises(DeliveryError, match="certificate"):
            await kaltura.deliver(it, Kept())
    assert server.asked == []


async def test_many_at_once(server: KalturaServer, tmp_path: Path) -> None:
    """Several recordings of one owner go through one destination side by side, each into an entry of its own."""
    several = [finished(tmp_path / f"{number}.mp4", size=20_000 + number) for number in range(4)]
    several = [
        replace(one, recording=replace(one.recording, id=f"recording-{number}")) for number, one in enumerate(several)
    ]
    async with destination(server.url) as kaltura:
        await asyncio.gather(*(kaltura.deliver(one, Kept()) for one in several))
    found = {entry.fields["referenceId"]: entry.digest for entry in server.entries.values()}
    assert found == {one.recording.id: digest(one.file) for one in several}
