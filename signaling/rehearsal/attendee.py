"""One bot in the generated room: its WebSocket and its peer connections."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from signaling.errors import ProtocolError
from signaling.model import Layer
from signaling.native import message as m
from signaling.native.wire import parse, serialise
from signaling.rehearsal.carriage import Carriage, Forwarder, Ticket
from signaling.rehearsal.outlet import Outlet
from signaling.rehearsal.performer import Performer
from signaling.rehearsal.settings import Connections, RehearsalSettings

_QUEUE = 4_096  # messages to a bot that does not read; then it is sent away


@dataclass(slots=True)
class Wishes:
    """What bots asked for and said, for tests to look at."""

    layers: list[tuple[str, Layer | None]] = field(default_factory=list)
    notices: list[m.NoticeGiven] = field(default_factory=list)
    offers_failed: list[str] = field(default_factory=list)


class Attendee:
    """`run` serves one bot until it leaves or is sent away."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.WriteTransport | None,
        settings: RehearsalSettings,
        wishes: Wishes,
        forward: Forwarder | None,
    ) -> None:
        """`transport` is the socket's own, to be cut. `forward`: by way of a relay."""
        self._socket = socket
        self._transport = transport
        self._settings = settings
        self._wishes = wishes
        self._forward = forward
        self._queue: asyncio.Queue[m.Message | None] = asyncio.Queue(_QUEUE)
        self._carriages: dict[str, Carriage] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._leaving = False
        self._where: dict[str, tuple[Carriage, Outlet, Performer]] = {}
        self._handlers: dict[type, Callable[..., None]] = {
            m.Answer: self._answered,
            m.Candidate: self._candidate,
            m.Restart: self._restart,
            m.OfferFailed: self._offer_failed,
            m.LayerWanted: self._layer_wanted,
            m.NoticeGiven: wishes.notices.append,
            m.Leave: lambda message: self.dismiss(),
        }

    @property
    def outlets(self) -> list[Outlet]:
        return [outlet for _, outlet, _ in self._where.values()]

    @property
    def carriages(self) -> list[Carriage]:
        return list(self._carriages.values())

    def tell(self, message: m.Message) -> None:
        """Queued; a bot whose queue is full is sent away."""
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self.dismiss()

    def dismiss(self) -> None:
        """After what is queued the socket is closed."""
        while self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    def cut(self) -> None:
        """The socket is gone without a word."""
        if self._transport is not None:
            self._transport.abort()

    def give(self, ticket: Ticket) -> None:
        """Offer a track to the bot."""
        if self._tasks is None or self._leaving:
            return
        name = {
            Connections.ONE: "all",
            Connections.PER_PARTICIPANT: ticket.participant,
            Connections.PER_PUBLICATION: f"{ticket.participant}/{ticket.publication}",
        }[self._settings.connections]
        carriage = self._carriages.get(name)
        if carriage is None:
            carriage = Carriage(name, self._settings, self.tell, self._forward)
            self._carriages[name] = carriage
            self._tasks.create_task(carriage.run(), name=f"connection {name}")
        outlet = carriage.load(ticket)
        self._where[ticket.performer.track] = carriage, outlet, ticket.performer

    def take_back(self, track: str) -> None:
        """The track is published no more. A connection of its own is closed with its last track."""
        if track not in self._where:
            return
        carriage, outlet, performer = self._where.pop(track)
        outlet.bye()
        performer.outlets.remove(outlet)
        carriage.unload(outlet)
        if carriage.is_empty and self._settings.connections is not Connections.ONE:
            del self._carriages[carriage.name]
            self.tell(m.CloseConnection(carriage.name))
            carriage.end()

    async def run(self, begin: Callable[[], None]) -> None:
        """`begin` is called when tracks can be given."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._tasks.create_task(self._write(), name="messages to a bot")
                begin()
                await self._read()
                self._leaving = True
                for carriage in self._carriages.values():
                    carriage.end()
                self.dismiss()
        finally:
            for _, outlet, performer in self._where.values():
                outlet.open = False
                performer.outlets.remove(outlet)
            self._where.clear()

    async def _write(self) -> None:
        while (message := await self._queue.get()) is not None:
            if self._socket.closed:
                return
            try:
                await self._socket.send_str(serialise(message))
            except ConnectionError:
                return
        await self._socket.close()

    async def _read(self) -> None:
        async for frame in self._socket:
            if frame.type is not WSMsgType.TEXT:
                break
            try:
                message = parse(frame.data)
            except ProtocolError:
                break
            handler = self._handlers.get(type(message))
            if handler is not None:
                handler(message)

    def _answered(self, message: m.Answer) -> None:
        if message.connection in self._carriages:
            self._carriages[message.connection].answered(message.sdp)

    def _candidate(self, message: m.Candidate) -> None:
        if message.connection in self._carriages:
            self._carriages[message.connection].candidate(message.candidate)

    def _restart(self, message: m.Restart) -> None:
        if message.connection in self._carriages:
            self._carriages[message.connection].restart()

    def _offer_failed(self, message: m.OfferFailed) -> None:
        self._wishes.offers_failed.append(message.text)
        if message.connection in self._carriages:
            self._carriages[message.connection].answered(None)

    def _layer_wanted(self, message: m.LayerWanted) -> None:
        self._wishes.layers.append((message.track, message.size))
        if message.track in self._where:
            self._where[message.track][1].ask(message.size)
