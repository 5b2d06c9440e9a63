"""Webhooks as a receiver sees them: signed, in order, again after trouble, and after a crash of the service."""

import asyncio
import json
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
from aiohttp import web

from bot.configuration import Configuration
from bot.errors import ConfigurationError
from bot.library.catalogue.database import Database
from bot.lifecycle import State
from bot.service.schema import MIGRATIONS
from bot.service.webhooks import outbox as outbox_module
from bot.service.webhooks import webhooks as webhooks_module
from bot.service.webhooks.outbox import Outbox
from bot.service.webhooks.settings import WebhookSettings, webhook_settings
from bot.service.webhooks.signature import make_secret, parse_secrets
from bot.service.webhooks.webhooks import Webhooks
from tests.webhooks.receiver import answering, described, endless, in_state, never, receiver

LOOPBACK = (ip_network("127.0.0.0/8"),)
SECRET = make_secret()
QUICK_NS = (10_000_000,) * 9
LIFE = (State.STARTING, State.RECORDING, State.PAUSED, State.RECORDING, State.STOPPING, State.AVAILABLE)


@pytest.fixture(autouse=True)
def ends_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses that hang are waited for no longer than this at the end."""
    monkeypatch.setattr(webhooks_module, "GRACE_S", 0.3)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "catalogue.sqlite", MIGRATIONS) as opened:
        yield opened


def webhooks(database: Database, *urls: str, room_url: str | None = None, **settings: Any) -> Webhooks:
    chosen = {"networks": LOOPBACK, "delays_ns": QUICK_NS, "keys": parse_secrets(SECRET, "test")} | settings
    return Webhooks(database, WebhookSettings(urls=urls, **chosen), describe=described, room_url=lambda _room: room_url)


def tell(hooks: Webhooks, *states: State, recording: str = "r1") -> None:
    before = None
    for state in states:
        after = in_state(state, recording)
        hooks.announce(before, after)
        before = after


async def until(true: Callable[[], bool], patience_s: float = 60) -> None:
    async with asyncio.timeout(patience_s):
        while not true():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


async def settled(hooks: Webhooks, backlog: int = 0) -> None:
    await until(lambda: hooks.backlog() == backlog)


async def test_each_change_of_state(database: Database) -> None:
    """One message for each, in order, signed as the standard has it, with the recording as it stood; to the address of
    the settings and to the room's own."""
    async with receiver() as ours, receiver() as rooms, webhooks(database, ours.url, room_url=rooms.url) as hooks:
        tell(hooks, *LIFE)
        hooks.announce(in_state(State.AVAILABLE, "r1"), in_state(State.AVAILABLE, "r1"))
        for taking in (ours, rooms):
            await taking.wait(len(LIFE))
            bodies = [standardwebhooks.Webhook(SECRET).verify(body, headers) for headers, body in taking.came]
            assert [body["type"] for body in bodies] == [f"recording.{state}" for state in LIFE]
            assert [body["data"]["state"] for body in bodies] == list(LIFE)
            assert len(set(taking.ids)) == len(LIFE)
        await settled(hooks)
        assert hooks.tally.delivered == 2 * len(LIFE)


async def test_a_room_is_told_less(database: Database) -> None:
    """Where copies are is for the addresses of whoever runs the service."""
    async with receiver() as ours, receiver() as rooms:
        hooks = Webhooks(
            database,
            WebhookSettings(urls=(ours.url,), networks=LOOPBACK, keys=parse_secrets(SECRET, "test")),
            describe=lambda _: {"for": "ours"},
            describe_outside=lambda _: {"for": "rooms"},
            room_url=lambda _: rooms.url,
        )
        async with hooks:
            tell(hooks, State.STARTING)
            for taking, whose in ((ours, "ours"), (rooms, "rooms")):
                await taking.wait(1)
                assert json.loads(taking.came[0][1])["data"] == {"for": whose}


async def test_failures_are_tried_again_in_order(database: Database) -> None:
    """The same id each time, and later messages of the recording wait behind it. A redirect is a failure."""
    leads_away = answering(302, Location="/elsewhere")
    async with receiver(answering(500), leads_away, answering(404)) as taking, webhooks(database, taking.url) as hooks:
        tell(hooks, State.STARTING, State.RECORDING)
        await taking.wait(5)
    assert len(set(taking.ids[:4])) == 1
    assert json.loads(taking.came[4][1])["type"] == "recording.recording"
    assert hooks.tally.failed == 3


async def test_given_up(database: Database) -> None:
    """After the last attempt of the schedule the next message has its turn."""
    replies = [answering(500)] * 3
    async with receiver(*replies) as taking, webhooks(database, taking.url, delays_ns=QUICK_NS[:2]) as hooks:
        tell(hooks, State.STARTING, State.RECORDING)
        await taking.wait(4)
        await settled(hooks)
    assert len(set(taking.ids[:3])) == 1
    assert (hooks.tally.given_up, hooks.tally.delivered) == (1, 1)


async def test_gone(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """410 ends it for that address, also after a restart; another address goes on. The log says what to do."""
    async with receiver(answering(410)) as gone, receiver() as other:
        async with webhooks(database, gone.url, other.url) as hooks:
            tell(hooks, State.STARTING)
            await settled(hooks)
            assert hooks.addresses_gone() == 1
        async with webhooks(database, gone.url, other.url) as hooks:
            tell(hooks, State.RECORDING)
            await other.wait(2)
            assert hooks.addresses_gone() == 1
        assert len(gone.came) == 1
    assert "change its address" in caplog.text


async def test_slow_down(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 with Retry-After: nothing at all goes there meanwhile, neither what waits nor what is new."""
    monkeypatch.setattr(webhooks_module, "LEAST_REST_NS", 0)
    async with receiver(answering(429, Retry_After="1")) as taking, webhooks(database, taking.url) as hooks:
        tell(hooks, State.STARTING, recording="r1")
        await taking.wait(1)
        began = time.monotonic()
        await settled(hooks, 1)
        tell(hooks, State.STARTING, recording="r2")
        await taking.wait(3)
        assert time.monotonic() - began > 0.9


async def test_troubles_stay_with_their_address(database: Database) -> None:
    """One that never answers, one with an endless answer and one that is not there: a fourth hears of twelve recordings
    at once."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        async with (
            receiver(*[never] * 50) as hanging,
            receiver(*[endless] * 50) as flood,
            receiver() as healthy,
            webhooks(database, hanging.url, flood.url, nowhere, healthy.url, timeout_s=600) as hooks,
        ):
            for number in range(12):
                tell(hooks, State.STARTING, State.RECORDING, recording=f"r{number}")
            await healthy.wait(24, patience_s=60)
            await flood.wait(24, patience_s=60)  # its status counts, its body is left
            assert len(hanging.came) <= webhooks_module.AN_ADDRESS


async def test_an_address_that_answers_again_gets_what_waits(database: Database) -> None:
    """What could not reach it goes out with the first success, and not hours later."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    hours_ns = (3600 * 1_000_000_000,) * 9
    async with webhooks(database, f"http://127.0.0.1:{port}/", delays_ns=hours_ns) as hooks:
        tell(hooks, State.STARTING, State.RECORDING, recording="r1")
        await until(lambda: hooks.tally.failed > 0)
        came: list[str] = []

        async def take(request: web.Request) -> web.Response:
            came.append((await request.json())["data"]["id"])
            return web.Response()

        app = web.Application()
        app.router.add_post("/", take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
        tell(hooks, State.STARTING, recording="r2")
        await settled(hooks)
        await runner.cleanup()
    assert came == ["r2", "r1", "r1"]


async def test_private_addresses_are_refused(
    database: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Literally, by a name of this machine, and by a name whose server answers with one of ours: nobody is spoken to,
    and the log says why without the path."""
    real = socket.getaddrinfo

    def resolve(host: str, port: int, **wanted: Any) -> Any:
        return real("127.0.0.1" if host == "public.example" else host, port, **wanted)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    async with receiver() as taking:
        names = [taking.url.replace("127.0.0.1", name) + "/T0K3N" for name in ("localhost", "public.example")]
        async with webhooks(database, taking.url, *names, networks=(), delays_ns=()) as hooks:
            tell(hooks, State.STARTING)
            await settled(hooks)
        assert taking.came == []
        assert hooks.tally.given_up == 2  # the literal one was not even kept
        async with webhooks(database, names[1], delays_ns=()) as hooks:  # and with the network allowed it arrives
            tell(hooks, State.RECORDING)
            await taking.wait(1)
    assert "public addresses only" in caplog.text
    assert "T0K3N" not in caplog.text


async def test_what_was_waiting_is_sent_after_a_restart(database: Database) -> None:
    """With the same ids, and the service ends without waiting for an address that hangs."""
    async with receiver(never) as taking:
        async with asyncio.timeout(60), webhooks(database, taking.url, timeout_s=600) as hooks:
            tell(hooks, *LIFE)
            await taking.wait(1)
        async with webhooks(database, taking.url) as hooks:
            await settled(hooks)
        assert taking.ids[0] == taking.ids[1]
        assert len(set(taking.ids)) == len(LIFE)


async def test_what_the_crash_swallowed(database: Database) -> None:
    """A state that changed when the service was not there to tell it is told after the start, once; of a recording that
    was never told nothing is."""
    async with receiver() as taking:
        async with webhooks(database, taking.url) as hooks:
            tell(hooks, State.STARTING)
            await taking.wait(1)
        async with webhooks(database, taking.url) as hooks:
            known = [in_state(State.AVAILABLE, "r1"), in_state(State.AVAILABLE, "of old")]
            hooks.catch_up(known)
            hooks.catch_up(known)
            await settled(hooks)
        assert [json.loads(body)["type"] for _, body in taking.came] == ["recording.starting", "recording.available"]


KILLED = """
import asyncio, sys
from tests.webhooks.test_delivery import *
async def main():
    with Database(Path(sys.argv[1]), MIGRATIONS) as database:
        async with webhooks(database, sys.argv[2]) as hooks:
            tell(hooks, State.STARTING, State.RECORDING)
            await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_killed_between_sending_and_noting_it(database: Database, tmp_path: Path) -> None:
    """kill -9 after the receiver has it: it comes once more, with the id by which it is known."""
    killed = asyncio.Event()

    async def kill(_request: web.Request) -> web.StreamResponse:
        process.send_signal(signal.SIGKILL)
        await process.wait()
        killed.set()
        return web.Response()

    async with receiver(kill) as taking:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", KILLED, str(tmp_path / "catalogue.sqlite"), taking.url
        )
        await asyncio.wait_for(killed.wait(), 30)
        async with webhooks(database, taking.url) as hooks:
            await settled(hooks)
        assert len(taking.ids) == 3
        assert taking.ids[0] == taking.ids[1] != taking.ids[2]


async def test_the_outbox_is_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Delivered messages go first, then the oldest that wait; those are counted."""
    monkeypatch.setattr(outbox_module, "MOST_MESSAGES", 20)
    monkeypatch.setattr(outbox_module, "SPARE", 5)
    async with receiver() as taking, webhooks(database, taking.url) as hooks:
        for number in range(30):
            tell(hooks, State.STARTING, recording=f"r{number}")
            await settled(hooks)
    assert hooks.dropped() == 0
    assert database.rows("SELECT count(*) FROM outbox")[0][0] <= 20
    hooks = webhooks(database, "http://127.0.0.1:9/")  # never entered: nothing is sent
    for number in range(30):
        tell(hooks, State.STARTING, recording=f"s{number}")
    rows = database.rows("SELECT recording FROM outbox WHERE ended = 0 ORDER BY number")
    waiting = [row["recording"] for row in rows]
    assert len(waiting) <= 20
    assert waiting[-1] == "s29"
    assert hooks.dropped() == 30 - len(waiting)


def test_a_long_outbox_is_looked_through_quickly(database: Database) -> None:
    """Ten thousand messages that are all due, of three addresses: the first of each recording, four an address."""
    waiting = Outbox(database)
    with database.transaction() as cursor:
        for number in range(9_900):
            cursor.execute(
                "INSERT INTO outbox (id, url, recording, due_ns, body) VALUES (?, ?, ?, ?, ?)",
                (f"m{number}", f"http://h{number // 2 % 3}/", f"r{number // 2}", number, b"x" * 2000),
            )
    began_s = time.process_time()
    due = waiting.due(10_000, under_way=["m0"], an_address=4, most=100)
    assert time.process_time() - began_s < 5  # a look at every one for every one takes minutes
    assert len(due) == 3 * 4 - 1
    assert all(int(letter.id[1:]) % 2 == 0 for letter in due)
    assert "m0" not in {letter.id for letter in due}


def test_the_librarys_secret(tmp_path: Path) -> None:
    """Made at the first start for its owner alone, kept at the second; refused when others can read it."""
    first = webhook_settings(Configuration(), tmp_path)
    file = tmp_path / "webhook-secret"
    assert file.stat().st_mode & 0o777 == 0o600
    assert webhook_settings(Configuration(), tmp_path).keys == first.keys
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        webhook_settings(Configuration(), tmp_path)


def test_settings_that_cannot_work(tmp_path: Path) -> None:
    """A private address without its network is found at the start, and the sentence has no secret."""
    with pytest.raises(ConfigurationError, match="webhook_networks allows") as caught:
        webhook_settings(Configuration(webhook_urls=("https://ok.example/", "http://10.0.0.8/S3CRET")), tmp_path)
    assert "S3CRET" not in str(caught.value)
