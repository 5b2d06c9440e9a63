"""Into a real Janus without any browser: who is let in, what is said to who is not, and that nobody notices."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from signaling.errors import JoinError, NoSuchRoom, Refused, Unreachable
from signaling.event import ConnectionLost, EndCause, ParticipantJoined, ParticipantLeft, RoomEnded, RoomEvent
from signaling.janus.client import JanusClient
from signaling.janus.settings import JanusSettings
from signaling.model import Layer, Participant
from signaling.peer.settings import PeerSettings
from tests.janus.gateway import PIN, SECRET, Gateway
from tests.janus.namespace import ADDRESS, Namespace
from tests.janus.packetcount import PacketCount
from tests.janus.visitor import Visitor

pytestmark = [pytest.mark.needs("janus", "ip"), pytest.mark.usefixtures("inside")]

PATIENCE_S = 20.0
ELSEWHERE = 8099  # a port for what is no Janus
BRISK = JanusSettings(poll_interval_ns=200_000_000, probe_interval_ns=200_000_000)


def client_for(url: str, room: str, pin: str | None = None, settings: JanusSettings | None = None) -> JanusClient:
    return JanusClient(url, room, pin=pin, receiver=PacketCount(), peer=PeerSettings(), settings=settings)


async def next_event(events: AsyncIterator[RoomEvent]) -> RoomEvent:
    async with asyncio.timeout(PATIENCE_S):
        return await anext(events)


async def test_join_knows_the_room_and_who_is_there(gateway: Gateway) -> None:
    """Title and participants are there when `join` returns, also of those who publish nothing."""
    async with Visitor.at(gateway.url) as visitor:
        await visitor.ask(request="join", ptype="publisher", room=1001, display="Vera")
        client = client_for(gateway.url, "1001")
        state = await client.join()
        await client.leave()
    assert (state.room.id, state.room.title) == ("1001", "Weekly planning")
    assert state.participants == (Participant("Vera", "Vera"),)
    assert state.tracks == ()


async def test_nobody_hears_of_the_bot(gateway: Gateway) -> None:
    """In a room that announces every participant, nothing is announced, listed or counted."""
    async with Visitor.at(gateway.url) as visitor:
        await visitor.ask(request="join", ptype="publisher", room=1007, display="Vera")
        client = client_for(gateway.url, "1007", settings=BRISK)
        await client.join()
        await asyncio.sleep(1.0)  # several looks
        listed = await visitor.ask(request="listparticipants", room=1007)
        rooms = await visitor.ask(request="list")
        await client.leave()
        assert [person["display"] for person in listed["participants"]] == ["Vera"]
        assert [room["num_participants"] for room in rooms["list"] if room["room"] == 1007] == [1]
        assert visitor.events == []


async def test_comings_and_goings_are_events(gateway: Gateway) -> None:
    """Who joins and leaves without publishing is told all the same."""
    client = client_for(gateway.url, "1008", settings=BRISK)
    await client.join()
    events = client.events()
    async with Visitor.at(gateway.url) as visitor:
        await visitor.ask(request="join", ptype="publisher", room=1008, display="Vera")
        assert await next_event(events) == ParticipantJoined(Participant("Vera", "Vera"))
        await visitor.ask(request="leave")
        assert await next_event(events) == ParticipantLeft("Vera")
    await client.leave()


@pytest.mark.parametrize(
    ("room", "pin", "error", "words"),
    [
        ("1002", None, Refused, "wants a pin"),
        ("1002", "wrong-pin-5150", Refused, "pin for room 1002 is wrong"),
        ("4711", None, NoSuchRoom, "no room 4711"),
        ("no-number", None, NoSuchRoom, "no-number is no room number"),
        ("1003", None, Refused, "require_pvtid"),
        ("1006", None, Refused, "encrypted"),
    ],
)
async def test_refusals_say_what_to_do(
    *,
    gateway: Gateway,
    room: str,
    pin: str | None,
    error: type[JoinError],
    words: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each reason has its own sentence, also while nobody is in the room; a pin is in no sentence and no log line."""
    caplog.set_level(logging.DEBUG)
    client = client_for(gateway.url, room, pin)
    with pytest.raises(error, match=words) as caught:
        await client.join()
    assert pin is None or pin not in f"{caught.value!r} {caplog.text}"


async def test_the_right_pin_opens_and_stays_secret(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    """With the pin the room is joined, its title included, and no log line holds the pin."""
    caplog.set_level(logging.DEBUG)
    client = client_for(gateway.url, "1002", PIN)
    assert (await client.join()).room.title == "Behind a pin"
    await client.leave()
    assert PIN not in caplog.text


async def test_a_private_room_is_titled_by_its_id(gateway: Gateway) -> None:
    """A room that is not listed can be recorded when its id is known."""
    client = client_for(gateway.url, "1004")
    assert (await client.join()).room.title == "1004"
    await client.leave()


async def test_a_destroyed_room_ends_the_recording(gateway: Gateway) -> None:
    """RoomEnded(CLOSED) comes within the poll interval and is the last event."""
    async with Visitor.at(gateway.url) as visitor:
        await visitor.ask(request="create", room=2001, secret=SECRET)
        client = client_for(gateway.url, "2001", settings=BRISK)
        await client.join()
        await visitor.ask(request="destroy", room=2001, secret=SECRET)
        async with asyncio.timeout(PATIENCE_S):
            assert [event async for event in client.events()] == [RoomEnded(EndCause.CLOSED)]
    await client.leave()


async def test_leaving_is_quick_and_leaves_nothing(gateway: Gateway) -> None:
    """After `leave` the iterator ends, no task is left, and a second `leave` does nothing."""
    before = asyncio.all_tasks()
    client = client_for(gateway.url, "1001")
    await client.join()
    await client.leave()
    await client.leave()
    assert [event async for event in client.events()] == []
    assert asyncio.all_tasks() == before


async def test_requests_for_unknown_tracks_are_nothing(gateway: Gateway) -> None:
    """A layer for a track that has just gone does no harm, before, during and after."""
    client = client_for(gateway.url, "1001")
    client.request_layer("gone", Layer(320, 180))
    await client.join()
    client.request_layer("gone", None)
    await client.leave()
    client.request_layer("gone", None)


async def test_a_dead_janus_is_a_lost_connection(space: Namespace, tmp_path_factory: pytest.TempPathFactory) -> None:
    """When the server goes, ConnectionLost is the last event, with a sentence."""
    gateway = Gateway(space, tmp_path_factory.mktemp("short"), port=8199)
    gateway.start()
    try:
        client = client_for(gateway.url, "1001")
        await client.join()
    finally:
        gateway.stop()
    async with asyncio.timeout(PATIENCE_S):
        (event,) = [event async for event in client.events()]
    assert isinstance(event, ConnectionLost)
    assert event.reason.endswith(".")
    await client.leave()


async def test_nobody_there() -> None:
    """A port where nothing listens is Unreachable, with the address in the sentence."""
    with pytest.raises(Unreachable, match=f"{ADDRESS}:9"):
        await client_for(f"ws://{ADDRESS}:9", "1").join()


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def something_else(handler: Handler) -> AsyncIterator[str]:
    """A web server that is no Janus."""
    application = web.Application()
    application.router.add_get("/", handler)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, ADDRESS, ELSEWHERE).start()
    try:
        yield f"ws://{ADDRESS}:{ELSEWHERE}"
    finally:
        await runner.cleanup()


async def website(request: web.Request) -> web.StreamResponse:
    return web.Response(text="Hello")


async def other_protocol(request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.receive()
    return socket


def talker(*answers: str | bytes) -> Handler:
    """Agrees on the subprotocol, and then says things of its own."""

    async def handle(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=("janus-protocol",))
        await socket.prepare(request)
        for answer in answers:
            await socket.receive()
            await (socket.send_str(answer) if isinstance(answer, str) else socket.send_bytes(answer))
        await socket.receive()
        return socket

    return handle


@pytest.mark.parametrize(
    "handler",
    [
        website,
        other_protocol,
        talker(),
        talker("no json"),
        talker("[" * 100_000),
        talker(b"binary"),
        talker("[]"),
        talker('{"janus": "success", "transaction": "r1"}'),
        talker('{"janus": "success", "transaction": "r1", "data": {"id": "text"}}'),
        talker('{"janus": "success", "transaction": "r1", "data": {"id": 1}}', '{"janus": "timeout"}'),
        talker('{"janus": "success", "transaction": "r1", "data": {"id": 1}}', '{"janus": "success", "data": 1}'),
    ],
)
async def test_what_is_no_janus_is_unreachable(handler: Handler) -> None:
    """Web servers, other WebSockets and nonsense give one sentence, quickly, and leave no task."""
    settings = JanusSettings(answer_timeout_ns=500_000_000)
    async with something_else(handler) as url:
        client = client_for(url, "1", settings=settings)
        with pytest.raises(Unreachable, match=str(ELSEWHERE)) as caught:
            await client.join()
        assert str(caught.value).endswith(".")
        assert [task for task in asyncio.all_tasks() if "janus" in task.get_name()] == []
