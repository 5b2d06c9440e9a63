"""The native client against servers that are good, strict, slow, dead and hostile."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from aiohttp import WSMsgType, web

from signaling import event
from signaling.address import parse_address
from signaling.client import Notice, RoomClient
from signaling.connect import ClientSettings, make_client
from signaling.errors import NoSuchRoom, ProtocolError, Refused, Unreachable
from signaling.media import CodecParameters, PacketTransport, Section
from signaling.model import Layer, Participant, Room, TrackKind, TrackSource
from signaling.native import line
from signaling.native import message as m
from signaling.native.connections import restart_delay_s
from signaling.native.wire import parse, serialise
from signaling.peer.publisher import PublisherConnection
from signaling.peer.settings import PeerSettings

CAMERA = m.Publication("p", "ann", (m.PublishedTrack("v", TrackKind.VIDEO, TrackSource.CAMERA),))
JOINED = m.Joined(1, Room("r", "Biology"), (Participant("ann", "Ann"),), (CAMERA,))
SECTION = Section("0", TrackKind.VIDEO, "v", "ann", {96: CodecParameters("VP8", 90000)}, ssrcs=(1,))
TOKEN = "s3cret"
RTP = bytes.fromhex("80600001000000010000000100") + b"payload"


class Server:
    """One side of one WebSocket, for a test to play the server with."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket

    async def receive(self) -> m.Message:
        message = parse(await self.socket.receive_str())
        assert message is not None
        return message

    async def send(self, *messages: m.Message) -> None:
        for message in messages:
            await self.socket.send_str(serialise(message))

    async def admit(self, joined: m.Joined = JOINED) -> m.Join:
        join = await self.receive()
        assert isinstance(join, m.Join)
        await self.send(joined)
        return join

    async def closed(self) -> tuple[int | None, str]:
        """Waits for the client to close; with which code and reason."""
        while True:
            frame = await self.socket.receive()
            if frame.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                return self.socket.close_code, str(frame.extra or "")


Script = Callable[[Server], Awaitable[None]]


class Receiver:
    """Counts what comes."""

    def __init__(self) -> None:
        self.bound: list[Sequence[Section]] = []
        self.packets: list[bytes] = []
        self.closed = 0

    def open(self, transport: PacketTransport) -> "Receiver":
        return self

    def bind(self, sections: Sequence[Section]) -> None:
        self.bound.append(sections)

    def on_rtp(self, packet: bytes, arrival_ns: int) -> None:
        self.packets.append(packet)

    def on_rtcp(self, packet: bytes, arrival_ns: int) -> None: ...

    def close(self) -> None:
        self.closed += 1


@asynccontextmanager
async def served(script: Script, protocols: Sequence[str] = ("roomreel.v1",)) -> AsyncIterator[str]:
    """Yields the address of a server that plays `script` in its room; errors of the script fail the test."""
    failed: list[BaseException] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        assert TOKEN not in str(request.rel_url)
        assert TOKEN not in str(request.headers)
        socket = web.WebSocketResponse(protocols=protocols, max_msg_size=1 << 22)
        await socket.prepare(request)
        try:
            await script(Server(socket))
        except Exception as exc:
            failed.append(exc)
        await socket.close()
        return socket

    async def forbid(request: web.Request) -> web.StreamResponse:
        return web.Response(status=403)

    app = web.Application()
    app.router.add_get("/rooms/lecture", handle)
    app.router.add_get("/rooms/secret", forbid)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"roomreel+ws://127.0.0.1:{runner.addresses[0][1]}/rooms"
    finally:
        await runner.cleanup()
    assert failed == []


@asynccontextmanager
async def room(
    script: Script, receiver: Receiver | None = None, peer: PeerSettings | None = None
) -> AsyncIterator[RoomClient]:
    """A client for a server that plays `script`; afterwards no task is left over."""
    before = asyncio.all_tasks()
    async with served(script) as rooms:
        client = client_for(f"{rooms}/lecture", TOKEN, receiver, peer)
        try:
            yield client
        finally:
            await client.leave()
    assert asyncio.all_tasks() == before, "a task is left over"


def client_for(
    url: str, token: str | None = None, receiver: Receiver | None = None, peer: PeerSettings | None = None
) -> RoomClient:
    settings = ClientSettings("rec-1", part=3, client="test 1", peer=peer or PeerSettings())
    return make_client(parse_address(url), token=token, receiver=receiver or Receiver(), settings=settings)


async def all_events(client: RoomClient) -> list[event.RoomEvent]:
    async with asyncio.timeout(10):
        return [event async for event in client.events()]


async def test_joining_and_the_end_of_the_room() -> None:
    """The room's description, then what happens, then the end."""
    joins: list[m.Join] = []

    async def script(server: Server) -> None:
        joins.append(await server.admit())
        await server.socket.send_str('{"type": "x-news", "anything": [1, 2]}')
        await server.send(
            m.ParticipantJoined(Participant("bob", "Bob")),
            m.Changed(
                m.Publication("p", "ann", (m.PublishedTrack("v", TrackKind.VIDEO, TrackSource.CAMERA, muted=True),))
            ),
            m.RoomChanged(Room("r", "Chemistry")),
            m.ParticipantLeft("ann"),
            m.RoomClosed(event.EndCause.TIMED_OUT),
        )
        assert await server.closed() == (1000, "")

    async with room(script) as client:
        state = await client.join()
        assert state.room.title == "Biology"
        assert [t.id for t in state.tracks] == ["v"]
        events = await all_events(client)
    assert [type(e) for e in events] == [
        event.ParticipantJoined,
        event.TrackChanged,
        event.RoomChanged,
        event.TrackUnpublished,
        event.ParticipantLeft,
        event.RoomEnded,
    ]
    assert events[-1] == event.RoomEnded(event.EndCause.TIMED_OUT)
    assert joins == [m.Join(1, "rec-1", 3, "test 1", hidden=True, token=TOKEN)]


@pytest.mark.parametrize(
    ("code", "error"),
    [("bad_token", Refused), ("not_allowed", Refused), ("no_such_room", NoSuchRoom), ("version", Refused)],
)
async def test_refusals(code: str, error: type[Exception], caplog: pytest.LogCaptureFixture) -> None:
    """Each has its kind of error, with the server's words; the token is in no error and no log."""
    caplog.set_level(logging.DEBUG)

    async def script(server: Server) -> None:
        await server.receive()
        await server.send(m.Refused(m.RefusalCode(code), "Not on Sundays."))

    async with room(script) as client:
        with pytest.raises(error, match="Not on Sundays") as caught:
            await client.join()
    assert TOKEN not in str(caught.value)
    assert TOKEN not in caplog.text


async def test_servers_that_are_not_there() -> None:
    """Nobody listens, a name that does not exist, an HTTP error, a WebSocket of another kind."""
    with pytest.raises(Unreachable, match="cannot be reached"):
        await client_for("roomreel+ws://127.0.0.1:1/rooms/lecture").join()
    with pytest.raises(Unreachable):
        await client_for("roomreel+ws://no-such-host.invalid/rooms/lecture").join()

    async def script(server: Server) -> None:
        await server.closed()

    async with served(script, protocols=()) as rooms:
        with pytest.raises(Unreachable, match=r"roomreel\.v1"):
            await client_for(f"{rooms}/lecture").join()
        with pytest.raises(NoSuchRoom, match="404"):
            await client_for(f"{rooms}/other").join()
        with pytest.raises(Refused, match="403"):
            await client_for(f"{rooms}/secret").join()


async def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the WebSocket nor the join: Unreachable, after the limit."""
    monkeypatch.setattr(line, "CONNECT_S", 0.1)
    monkeypatch.setattr("signaling.native.client.JOIN_S", 0.1)
    silent = await asyncio.start_server(lambda reader, writer: asyncio.sleep(5), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    with pytest.raises(Unreachable, match="did not answer within"):
        await client_for(f"roomreel+ws://127.0.0.1:{port}/rooms/lecture").join()
    silent.close()

    async def script(server: Server) -> None:
        await server.receive()
        await server.closed()

    async with room(script) as client:
        with pytest.raises(Unreachable, match="did not answer the join"):
            await client.join()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "not JSON"),
        ("[" * 50_000, "nested"),
        ('{"type": "leave"}', "another message"),
        ('{"type": "joined", "version": 2, "room": {"id": "r", "title": ""}}', "version 2"),
        ('{"type": "joined", "version": 1, "room": {"id": "r", "title": 7}}', "joined.room.title"),
        (serialise(JOINED).replace('"ann"', '"eve"', 1), "'ann'"),
        ('"' + "x" * (1 << 21) + '"', "limits"),
    ],
)
async def test_a_wrong_answer_to_the_join(text: str, words: str) -> None:
    """ProtocolError with a sentence; the server is told the reason."""
    heard: list[tuple[int | None, str]] = []

    async def script(server: Server) -> None:
        await server.receive()
        await server.socket.send_str(text)
        heard.append(await server.closed())

    async with room(script) as client:
        with pytest.raises(ProtocolError, match=words):
            await client.join()
    assert heard[0][0] in (1002, 1009)


@pytest.mark.parametrize(
    "raw",
    [
        '{"type": "participant_left", "identity": "eve"}',
        '{"type": "join", "version": 1, "recording": "r", "part": 1, "client": ""}',
        '{"type": "candidate", "connection": "c-9", "candidate": null}',
        '{"type": "surprise"}',
        b"\x00\x01",
    ],
)
async def test_a_wrong_message_later(raw: str | bytes) -> None:
    """The connection is lost, with the reason; the server gets 1002 and the same reason."""
    heard: list[tuple[int | None, str]] = []

    async def script(server: Server) -> None:
        await server.admit()
        await (server.socket.send_bytes(raw) if isinstance(raw, bytes) else server.socket.send_str(raw))
        heard.append(await server.closed())

    async with room(script) as client:
        await client.join()
        (last,) = await all_events(client)
    assert isinstance(last, event.ConnectionLost)
    assert heard[0][0] == 1002
    assert heard[0][1] in last.reason


async def test_a_server_that_goes_away() -> None:
    """ConnectionLost is the last event; asking again does not hang."""

    async def script(server: Server) -> None:
        await server.admit()
        transport = server.socket._req.transport if server.socket._req else None
        assert transport is not None
        transport.abort()

    async with room(script) as client:
        await client.join()
        (last,) = await all_events(client)
        assert isinstance(last, event.ConnectionLost)
        assert await all_events(client) == []


async def test_leaving_a_server_that_hangs() -> None:
    """Within two seconds, though the server reads nothing more; the token for a reader is the end of events."""

    async def script(server: Server) -> None:
        await server.admit()
        await asyncio.sleep(30)

    before = asyncio.all_tasks()
    try:
        async with room(script) as client:
            await client.join()
            started = time.monotonic()
            await client.leave()
            await client.leave()
            assert time.monotonic() - started < 3
            assert await all_events(client) == []
    finally:
        for task in asyncio.all_tasks() - before:
            task.cancel()


async def test_leaving_again_after_being_cancelled() -> None:
    """Who is stopped while it leaves, leaves once more: the server sees the connection end."""
    ended = asyncio.Event()

    async def script(server: Server) -> None:
        await server.admit()
        await server.closed()
        ended.set()

    async with room(script) as client:
        await client.join()
        leaving = asyncio.create_task(client.leave())
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait([leaving])
        await client.leave()
        async with asyncio.timeout(5):
            await ended.wait()


async def test_a_server_that_asks_and_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that it does not take are not piled up for ever: it counts as lost."""
    monkeypatch.setattr("signaling.native.client._OUTBOX", 5)

    async def script(server: Server) -> None:
        await server.admit()
        for number in range(10):
            await server.send(m.Offer(f"c{number}", "nonsense", {}))
        await server.closed()

    async def stuck(_line: line.Line, _message: m.Message) -> None:
        await asyncio.Event().wait()

    async with room(script) as client:
        await client.join()
        monkeypatch.setattr(line.Line, "send", stuck)
        (last,) = await all_events(client)
    assert isinstance(last, event.ConnectionLost)
    assert "does not read" in last.reason


async def test_wishes() -> None:
    """The last layer for each track is said once; notices come as they are; leave is the last."""
    heard: list[m.Message] = []
    news = asyncio.Condition()

    async def script(server: Server) -> None:
        await server.admit()
        while not heard or not isinstance(heard[-1], m.Leave):
            heard.append(await server.receive())
            async with news:
                news.notify_all()

    async def hears(message: m.Message) -> None:
        async with asyncio.timeout(5), news:
            await news.wait_for(lambda: message in heard)

    async with room(script) as client:
        await client.join()
        client.request_layer("v", Layer(640, 360))
        client.request_layer("v", Layer(320, 180))
        client.request_layer("v", Layer(320, 180))
        client.request_layer("no such track", Layer(320, 180))
        await hears(m.LayerWanted("v", Layer(320, 180)))
        client.request_layer("v", Layer(320, 180))
        client.notify(Notice("one", "everyone", "This session is being recorded."))
        await hears(m.NoticeGiven("one", "everyone", "This session is being recorded."))
        client.request_layer("v", None)
        await hears(m.LayerWanted("v"))
    assert heard == [
        m.LayerWanted("v", Layer(320, 180)),
        m.NoticeGiven("one", "everyone", "This session is being recorded."),
        m.LayerWanted("v"),
        m.Leave(),
    ]


@asynccontextmanager
async def publisher() -> AsyncIterator[PublisherConnection]:
    made = PublisherConnection("c", PeerSettings(host_addresses=("127.0.0.1",)), on_rtcp=lambda packet, at: None)
    try:
        yield made
    finally:
        await made.close()


async def send_until(connection: PublisherConnection, condition: Callable[[], bool]) -> None:
    sequence = 0
    async with asyncio.timeout(10):
        while not condition():
            sequence += 1
            connection.send_rtp(RTP[:2] + sequence.to_bytes(2, "big") + RTP[4:])
            await asyncio.sleep(0.01)


async def test_media_comes() -> None:
    """Offer, answer, packets; a bad offer is told and does no harm; a closed connection closes its sink."""
    receiver = Receiver()

    async def script(server: Server) -> None:
        await server.admit()
        async with publisher() as connection:
            offer = m.Offer("c", await connection.offer([SECTION]), {"0": "v"})
            await server.send(m.Offer("c", "nonsense", {"0": "v"}))
            assert isinstance(await server.receive(), m.OfferFailed)
            await server.send(m.Offer("c", offer.sdp, {"0": "no such track"}))
            failed = await server.receive()
            assert isinstance(failed, m.OfferFailed)
            assert "no such track" in failed.text
            await server.send(offer, m.Candidate("c", "candidate:nonsense"), m.Candidate("c"))
            answer = await server.receive()
            assert isinstance(answer, m.Answer)
            assert "127.0.0.1" in answer.sdp
            await connection.accept(answer.sdp)
            await send_until(connection, lambda: len(receiver.packets) > 3)
            await server.send(m.CloseConnection("c"))
            async with asyncio.timeout(5):
                while not receiver.closed:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            await server.send(m.RoomClosed(event.EndCause.CLOSED))

    async with room(script, receiver=receiver) as client:
        await client.join()
        assert [type(e) for e in await all_events(client)] == [event.RoomEnded]
    assert [(s.track, s.participant) for s in receiver.bound[0]] == [("v", "ann")]


async def agree(server: Server, connection: PublisherConnection, *, restart: bool = False) -> None:
    """Offer, and take the answer."""
    await server.send(m.Offer("c", await connection.offer([SECTION], restart=restart), {"0": "v"}))
    answer = await server.receive()
    assert isinstance(answer, m.Answer)
    await connection.accept(answer.sdp)


async def test_a_lost_connection_is_asked_for_again() -> None:
    """The server's peer connection dies: `restart`, a new offer under the same id, packets again. The room goes on."""
    receiver = Receiver()

    async def script(server: Server) -> None:
        await server.admit()
        for _ in range(2):
            already = len(receiver.packets)
            async with publisher() as connection:
                await agree(server, connection)
                await send_until(connection, lambda already=already: len(receiver.packets) > already)  # type: ignore[misc]
            assert await server.receive() == m.Restart("c")
        await server.send(m.RoomClosed(event.EndCause.CLOSED))

    async with room(script, receiver=receiver) as client:
        await client.join()
        assert [type(e) for e in await all_events(client)] == [event.RoomEnded]


async def test_a_lost_connection_is_asked_for_until_it_is_there() -> None:
    """A server that cannot make an offer just now, and then makes one that is none, is asked again."""
    receiver = Receiver()

    async def script(server: Server) -> None:
        await server.admit()
        for attempt in range(2):
            already = len(receiver.packets)
            async with publisher() as connection:
                await agree(server, connection)
                await send_until(connection, lambda already=already: len(receiver.packets) > already)  # type: ignore[misc]
            if attempt == 0:
                assert await server.receive() == m.Restart("c")
                assert await server.receive() == m.Restart("c")
                await server.send(m.Offer("c", "nonsense", {"0": "v"}))
                assert isinstance(await server.receive(), m.OfferFailed)
                assert await server.receive() == m.Restart("c")
        await server.send(m.RoomClosed(event.EndCause.CLOSED))

    peer = PeerSettings(host_addresses=("127.0.0.1",), connect_limit_s=1.0)
    async with room(script, receiver, peer) as client:
        await client.join()
        assert [type(e) for e in await all_events(client)] == [event.RoomEnded]


async def test_a_silent_connection_is_mended_by_an_ice_restart() -> None:
    """The server sends nothing for long: `restart`; it offers new ICE with the keys that are there, packets again."""
    receiver = Receiver()

    async def script(server: Server) -> None:
        await server.admit()
        async with publisher() as connection:
            for restart in (False, True):
                await agree(server, connection, restart=restart)
                if not restart:
                    assert await server.receive() == m.Restart("c")
            await send_until(connection, lambda: len(receiver.packets) > 3)
        await server.send(m.RoomClosed(event.EndCause.CLOSED))

    peer = PeerSettings(host_addresses=("127.0.0.1",), silence_limit_s=0.2)
    async with room(script, receiver, peer) as client:
        await client.join()
        assert [type(e) for e in await all_events(client)] == [event.RoomEnded]


def test_asking_again_takes_longer_and_longer() -> None:
    """At once after a connection that held, at most every 15 s after many that did not."""
    assert [restart_delay_s(n) for n in (0, 1, 2, 3, 6, 1000)] == [0, 0.5, 1, 2, 15, 15]
