"""The generated room: follows its plan and serves the native protocol to any number of bots."""

import asyncio
import hmac
import time
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self, cast

from aiohttp import WSMsgType, web

from signaling.errors import ProtocolError
from signaling.model import Room
from signaling.native import message as m
from signaling.native.wire import MESSAGE_BYTES, parse, serialise
from signaling.rehearsal.attendee import Attendee, Wishes
from signaling.rehearsal.carriage import Forwarder, Ticket
from signaling.rehearsal.cast import Cast, clips
from signaling.rehearsal.clockwork import Clockwork
from signaling.rehearsal.course import expand
from signaling.rehearsal.plan import Action, Close, Crash, Leave, Plan, Reconnect
from signaling.rehearsal.plan import Join as JoinAction
from signaling.rehearsal.relay import RelayProcess
from signaling.rehearsal.rhythm import SECOND_NS
from signaling.rehearsal.settings import RehearsalSettings
from signaling.rehearsal.studio import Studio

_JOIN_LIMIT_S = 5.0


class RehearsalRoom:
    """An async context manager: open inside, with everything encoded. `url` is for the bot; `origin_ns` is
    `time.monotonic_ns()` at room time 0, None until room time has begun (`started`)."""

    def __init__(self, plan: Plan, settings: RehearsalSettings | None = None) -> None:
        self.plan = plan
        self.settings = settings or RehearsalSettings()
        self.wishes = Wishes()
        self.attendees: set[Attendee] = set()
        self.joins = 0
        self.origin_ns: int | None = None
        self.started = asyncio.Event()
        self.closed = asyncio.Event()
        self.clockwork = Clockwork(self.now_ns)
        self.relay: RelayProcess | None = None
        self._exits = AsyncExitStack()
        self._handlers: set[asyncio.Task[object]] = set()

    @property
    def url(self) -> str:
        return f"roomreel+ws://{self.settings.host}:{self.port}/rooms/{self.settings.room}"

    def now_ns(self) -> int:
        """Room time; 0 before it has begun."""
        return 0 if self.origin_ns is None else time.monotonic_ns() - self.origin_ns

    async def act(self, action: Action) -> None:
        """Something that is not in the plan, now: `at_ns` does not count. What it shows must be in the plan's media."""
        if isinstance(action, Reconnect):
            await self.act(Leave(action.at_ns, action.identity))
            await asyncio.sleep(action.gap_ns / SECOND_NS)
            await self.act(JoinAction(action.at_ns, action.identity))
            return
        self._apply(action)
        if isinstance(action, Crash) and action.noticed_after_ns is not None:
            await asyncio.sleep(action.noticed_after_ns / SECOND_NS)
            self._apply(Leave(action.at_ns, action.identity))

    async def empty(self) -> None:
        """Returns when every bot has left, at the latest after 5 s."""
        if self._handlers:
            await asyncio.wait(self._handlers, timeout=5.0)

    def drop_bots(self) -> None:
        """Every WebSocket is cut without a word, as when a server crashes. Bots may come back."""
        for attendee in list(self.attendees):
            attendee.cut()

    async def go_away(self) -> None:
        """The server is gone: nobody can join until `come_back`. Room time goes on."""
        await self._site.stop()
        self.drop_bots()

    async def come_back(self) -> None:
        """On the same port as before."""
        await self._listen(self.port)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as exits:
            studio = await exits.enter_async_context(Studio(self.settings.clips))
            await studio.prepare(clips(self.plan))
            self.cast = Cast(
                self.plan, studio, self.clockwork, tell=self._tell, give=self._give, take_back=self._take_back
            )
            if self.settings.mishaps is not None:
                self.relay = await exits.enter_async_context(RelayProcess(self.settings.mishaps, self.settings.host))
            tasks = await exits.enter_async_context(asyncio.TaskGroup())
            self.port = await self._serve(exits)
            running = [tasks.create_task(self.clockwork.run()), tasks.create_task(self._follow_plan())]
            for task in running:
                exits.callback(task.cancel)
            if not self.settings.starts_with_first_bot:
                self._begin()
            self._exits = exits.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.__aexit__(kind, error, trace)

    async def _serve(self, exits: AsyncExitStack) -> int:
        app = web.Application()
        app.router.add_get("/rooms/{room}", self._attend)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        exits.push_async_callback(runner.cleanup)
        exits.push_async_callback(self._send_away)
        self._runner = runner
        await self._listen(self.settings.port)
        port: int = runner.addresses[0][1]
        return port

    async def _listen(self, port: int) -> None:
        self._site = web.TCPSite(self._runner, self.settings.host, port, reuse_address=True)
        await self._site.start()

    async def _follow_plan(self) -> None:
        await self.started.wait()
        for action in expand(self.plan):
            await asyncio.sleep(max(0, action.at_ns - self.now_ns()) / SECOND_NS)
            self._apply(action)

    def _apply(self, action: Action) -> None:
        self.cast.apply(action)
        if isinstance(action, Close):
            self._tell(m.RoomClosed(action.cause))
            for attendee in self.attendees:
                attendee.dismiss()
            self.closed.set()

    def _begin(self) -> None:
        if self.origin_ns is None:
            self.origin_ns = time.monotonic_ns()
            self.started.set()
            self.cast.begin()

    async def _attend(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=(m.SUBPROTOCOL,), heartbeat=20, max_msg_size=MESSAGE_BYTES)
        await socket.prepare(request)
        refused = await self._refusal(socket, request.match_info["room"])
        if refused is not None:
            await socket.send_str(serialise(refused))
            await socket.close()
            return socket
        forward: Forwarder | None = self.relay.forward if self.relay is not None else None
        attendee = Attendee(
            socket, cast("asyncio.WriteTransport | None", request.transport), self.settings, self.wishes, forward
        )
        task = cast("asyncio.Task[object]", asyncio.current_task())
        self._handlers.add(task)
        try:
            await attendee.run(lambda: self._admit(attendee))
        finally:
            self._handlers.discard(task)
            self.attendees.discard(attendee)
        return socket

    def _admit(self, attendee: Attendee) -> None:
        """Without a pause between the description and being told of changes: nothing is missed."""
        self.joins += 1
        room = Room(self.settings.room, self.plan.title, self.settings.kind, self.settings.parent)
        attendee.tell(m.Joined(m.VERSION, room, self.cast.participants(), self.cast.publications()))
        for ticket in self.cast.tickets():
            attendee.give(ticket)
        self.attendees.add(attendee)
        self._begin()

    async def _refusal(self, socket: web.WebSocketResponse, room: str) -> m.Refused | None:
        try:
            frame = await asyncio.wait_for(socket.receive(), _JOIN_LIMIT_S)
            join = parse(frame.data) if frame.type is WSMsgType.TEXT else None
        except (TimeoutError, ProtocolError) as error:
            return m.Refused(m.RefusalCode.NOT_ALLOWED, str(error) or "No join message came.")
        if not isinstance(join, m.Join):
            return m.Refused(m.RefusalCode.NOT_ALLOWED, "The first message must be a join.")
        if join.version != m.VERSION:
            return m.Refused(m.RefusalCode.VERSION, f"This room speaks version {m.VERSION}.")
        if room != self.settings.room or self.closed.is_set():
            return m.Refused(m.RefusalCode.NO_SUCH_ROOM)
        if self.settings.token and not hmac.compare_digest(join.token.encode(), self.settings.token.encode()):
            return m.Refused(m.RefusalCode.BAD_TOKEN)
        return None

    async def _send_away(self) -> None:
        """At the end: what is queued is still sent, then the sockets are closed."""
        for attendee in self.attendees:
            attendee.dismiss()
        if self._handlers:
            _, late = await asyncio.wait(self._handlers, timeout=1.0)
            for task in late:
                task.cancel()

    def _tell(self, message: m.Message) -> None:
        for attendee in list(self.attendees):
            attendee.tell(message)

    def _give(self, ticket: Ticket) -> None:
        for attendee in list(self.attendees):
            attendee.give(ticket)

    def _take_back(self, track: str) -> None:
        for attendee in list(self.attendees):
            attendee.take_back(track)
