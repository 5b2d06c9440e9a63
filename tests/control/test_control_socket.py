"""The control socket: what a bot answers, and what becomes of those who do not listen."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
import pytest

from bot.control.board import Board
from bot.control.endpoint import Endpoint
from bot.control.link import Link
from bot.control.place import SOCKET, Place
from bot.control.status import Status
from bot.errors import BadOrder, BotGone, FolderTaken, NotNow
from bot.lifecycle import EndReason, State
from mixer.settings import LayoutName

PATIENCE_S = 20  # catches a hang, promises nothing


@dataclass
class Recorder:
    """Controls that write down what is wished."""

    board: Board = field(default_factory=Board)
    now: Status = field(
        default_factory=lambda: Status(recording="r", part=1, state=State.RECORDING, pid=1, pid_started=1)
    )
    wishes: list[object] = field(default_factory=list)
    jpeg: bytes | None = None

    def become(self, **changes: object) -> None:
        self.now = replace(self.now, **changes)  # type: ignore[arg-type]
        self.board.post(self.now)

    def status(self) -> Status:
        return self.now

    def pause(self) -> None:
        if self.now.state is State.STARTING:
            raise NotNow("It has not begun.")
        self.become(state=State.PAUSED)

    def resume(self) -> None:
        self.become(state=State.RECORDING)

    def end(self, reason: EndReason) -> None:
        self.wishes.append(reason)

    def set_layout(self, name: LayoutName) -> None:
        self.wishes.append(name)

    def tell_host(self, *, present: bool, identity: str | None) -> None:
        self.wishes.append((present, identity))

    def follow_order(self) -> None:
        if self.now.state is State.STARTING:
            raise BadOrder("There is no order.")
        self.wishes.append("order")

    async def picture(self, width: int) -> bytes | None:
        self.wishes.append(width)
        return self.jpeg


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Far longer than a socket's path may be."""
    deep = tmp_path.joinpath(*["a folder of quite some length"] * 6)
    deep.mkdir(parents=True)
    return deep


@pytest.fixture
async def bot(folder: Path) -> AsyncIterator[Recorder]:
    recorder = Recorder()
    (folder / SOCKET).touch()  # what a bot that was killed left
    with Place(folder, alone=True) as place:
        async with asyncio.timeout(PATIENCE_S), Endpoint(recorder).serving(place):
            yield recorder
    assert not (folder / SOCKET).exists()


@pytest.fixture
async def link(folder: Path, bot: Recorder) -> AsyncIterator[Link]:
    async with Link(folder) as opened:
        yield opened


async def test_every_wish_arrives(bot: Recorder, link: Link) -> None:
    """Each is answered by how things stand then."""
    assert (await link.pause()).paused
    assert not (await link.resume()).paused
    await link.layout("grid")
    await link.host(False)
    await link.host(True, identity="ada")
    await link.order()
    await link.stop()
    await link.stop(EndReason.DISK_FULL)
    await link.close_room()
    expected = [LayoutName.GRID, (False, None), (True, "ada"), "order"]
    assert bot.wishes == [*expected, EndReason.STOPPED, EndReason.DISK_FULL, EndReason.ROOM_CLOSED]


async def test_a_wish_at_the_wrong_time(bot: Recorder, link: Link) -> None:
    """The bot's own sentence."""
    bot.become(state=State.STARTING)
    with pytest.raises(NotNow, match="not begun"):
        await link.pause()
    with pytest.raises(NotNow, match="no order"):
        await link.order()


async def test_a_picture(bot: Recorder, link: Link) -> None:
    """As wide as is wished, once there is one."""
    with pytest.raises(NotNow, match="no picture yet"):
        await link.picture()
    bot.jpeg = b"\xff\xd8" * 300_000
    assert await link.picture(320) == bot.jpeg
    assert bot.wishes == [640, 320]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("layout", '{"layout": "spiral"}'),
        ("layout", ""),
        ("host", "{}"),
        ("host", '{"present": "yes"}'),
        ("host", '{"present": true, "identity": 7}'),
        ("stop", '{"reason": "boredom"}'),
        ("stop", "[]"),
        ("stop", "{"),
        ("picture?width=1e9", None),
        ("picture?width=0", None),
        ("stop", '"' + "x" * 100_000 + '"'),
    ],
)
async def test_nonsense(folder: Path, bot: Recorder, path: str, body: str | None) -> None:
    """Refused, and nothing happens."""
    with Place(folder) as place:
        connector = aiohttp.UnixConnector(place.socket)
        async with aiohttp.ClientSession(connector=connector) as session:
            method = "GET" if body is None else "POST"
            async with session.request(method, f"http://bot/{path}", data=body) as answer:
                assert 400 <= answer.status < 500
    assert bot.wishes == []


async def test_events(bot: Recorder, link: Link) -> None:
    """How it stands at once, then every change, until it is over."""
    heard = []
    async for status in link.events():
        heard.append(status.state)
        match status.state:
            case State.RECORDING:
                bot.become(state=State.STOPPING)
            case State.STOPPING:
                bot.become(state=State.AVAILABLE)
    assert heard == [State.RECORDING, State.STOPPING, State.AVAILABLE]


async def test_events_when_nothing_happens(bot: Recorder, link: Link) -> None:
    """Each second all the same: who hears nothing knows that the bot is gone."""
    count = 0
    async for _ in link.events():
        count += 1
        if count == 3:
            break
    assert bot.board.version == 0


async def test_a_reader_who_does_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is dropped, and keeps nobody else from hearing."""
    monkeypatch.setattr("bot.control.endpoint.SLOW_S", 1.0)
    recorder = Recorder()
    recorder.now = replace(recorder.now, chapters=tuple((float(n), "x" * 100) for n in range(300)))
    endpoint = Endpoint(recorder)
    with Place(folder, alone=True) as place:
        async with asyncio.timeout(PATIENCE_S), endpoint.serving(place), Link(folder) as awake:
            _, sleeper = await asyncio.open_unix_connection(place.socket, limit=1024)
            sleeper.write(b"GET /events HTTP/1.1\r\nHost: bot\r\n\r\n")
            async for status in awake.events():
                if endpoint.dropped_readers:
                    break
                recorder.become(time_s=status.time_s + 1)
                await asyncio.sleep(0.01)
            assert (await awake.status()).time_s > 10
            sleeper.close()
    assert endpoint.dropped_readers == 1


async def _listen(events: AsyncIterator[Status]) -> None:
    async for _ in events:
        pass


async def test_no_bot_is_there(tmp_path: Path) -> None:
    """Said as that, whatever is asked."""
    async with Link(tmp_path) as link:
        with pytest.raises(BotGone):
            await link.status()
        with pytest.raises(BotGone):
            await _listen(link.events())
    async with Link(tmp_path / "nowhere") as link:
        with pytest.raises(BotGone):
            await link.status()


async def test_a_bot_that_dies(folder: Path) -> None:
    """Events that break off before a final one mean that it is gone; a new bot is found by the same link."""
    recorder = Recorder()
    async with Link(folder) as link:
        with Place(folder, alone=True) as place:
            async with Endpoint(recorder).serving(place):
                events = link.events()
                assert (await anext(events)).state is State.RECORDING
        with pytest.raises(BotGone):
            await asyncio.wait_for(_listen(events), PATIENCE_S)
        with Place(folder, alone=True) as place:
            async with Endpoint(recorder).serving(place):
                assert (await link.status()).state is State.RECORDING


async def test_what_answers_is_no_bot(folder: Path) -> None:
    """Anything else on the socket is as nobody."""

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = json.dumps(["hello"]).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    with Place(folder) as place:
        async with await asyncio.start_unix_server(talk, place.socket), Link(folder) as link:
            with pytest.raises(BotGone):
                await link.status()


def test_one_bot_a_folder(folder: Path) -> None:
    """The second is refused, and may come when the first is gone."""
    with Place(folder, alone=True):
        with pytest.raises(FolderTaken):
            Place(folder, alone=True)
        Place(folder).close()
    Place(folder, alone=True).close()
