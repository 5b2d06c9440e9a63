"""One Janus VideoRoom, seen by a hidden participant."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Final

from signaling.client import Notice
from signaling.errors import JoinError, ProtocolError, Refused, SignalingError, Unreachable
from signaling.event import ConnectionLost, EndCause, RoomEnded, RoomEvent
from signaling.janus.attendance import Attendance
from signaling.janus.failure import PRIVATE_ID_WANTED, LinkLost, RequestError, join_error
from signaling.janus.link import Link
from signaling.janus.lobby import Address, Lobby, private_id_is_wanted, room_is_gone
from signaling.janus.settings import JanusSettings
from signaling.janus.view import RoomView
from signaling.media import PacketReceiver
from signaling.model import Layer, RoomState
from signaling.peer.settings import PeerSettings

log = logging.getLogger(__name__)

EVENT_LIMIT: Final = 10_000  # not yet read; beyond it the client gives up as if the connection were lost
LEAVE_S: Final = 2.0


class JanusClient:
    """A RoomClient. `url` is the WebSocket of Janus (ws:// or wss://, no secrets in it), `token` one of Janus's own
    token authentication. Owns its tasks: all end in `leave`, or after the last event."""

    def __init__(
        self,
        url: str,
        room: str,
        *,
        pin: str | None = None,
        token: str | None = None,
        receiver: PacketReceiver,
        peer: PeerSettings,
        settings: JanusSettings | None = None,
    ) -> None:
        self._address = Address(room, pin)
        self._url = url
        self._receiver = receiver
        self._peer = peer
        self._settings = settings or JanusSettings()
        self._link = Link(url, token, self._settings.answer_timeout_ns / 1e9)
        self._events: deque[RoomEvent] = deque()
        self._news = asyncio.Event()
        self._attendance: Attendance | None = None
        self._root: asyncio.Task[None] | None = None
        self._over = False

    async def join(self) -> RoomState:
        """Raises JoinError: Unreachable, Refused (pin, token, a room that cannot be recorded hidden), NoSuchRoom."""
        try:
            await self._link.open()
            joined: asyncio.Future[RoomState] = asyncio.get_running_loop().create_future()
            self._root = asyncio.create_task(self._run(joined), name="janus-client")
            return await joined
        except BaseException:
            await self.leave()
            raise

    async def events(self) -> AsyncIterator[RoomEvent]:
        """Ends after RoomEnded or ConnectionLost, or after `leave()`."""
        while True:
            while self._events:
                yield self._events.popleft()
            if self._over:
                return
            self._news.clear()
            await self._news.wait()

    def request_layer(self, track: str, layer: Layer | None) -> None:
        if self._attendance is not None:
            self._attendance.request_layer(track, layer)

    def notify(self, notice: Notice) -> None:
        """A pure subscriber has no way to speak to a VideoRoom: whoever could be heard would be seen."""

    async def leave(self) -> None:
        """Idempotent, never raises, done within LEAVE_S."""
        self._over = True
        self._news.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_S):
                await self._link.close()
                if self._root is not None:
                    self._root.cancel()
                    await asyncio.wait([self._root])

    async def _run(self, joined: asyncio.Future[RoomState]) -> None:
        """Parent of every task of this client; whatever ends it is the last event."""
        last: RoomEvent | None = None
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._link.run(), name="janus-link")
                await self._attend(group, joined)
        except* SignalingError as errors:
            first = _first(errors)
            if not joined.done():
                joined.set_exception(self._why_not(first))
            last = _last_event(first)
        except* Exception as errors:  # a mistake of ours must not end the recording: it joins again
            log.exception("janus client failed", exc_info=_first(errors))
            if not joined.done():
                joined.set_exception(JoinError(f"Room {self._address.room} could not be joined: {_first(errors)!r}"))
            last = ConnectionLost("the Janus client failed; the log says how")
        if last is not None and not self._over:
            self._events.append(last)
        self._over = True
        self._news.set()

    async def _attend(self, group: asyncio.TaskGroup, joined: asyncio.Future[RoomState]) -> None:
        await self._link.create_session()
        group.create_task(self._link.keep_alive(self._settings.keepalive_ns / 1e9), name="janus-keepalive")
        lobby = Lobby(self._link, self._address)
        view = RoomView(await lobby.open(), self._settings.stage_words, secrets.token_hex(4))
        attendance = Attendance(
            self._link,
            lobby,
            view=view,
            pin=self._address.pin,
            receiver=self._receiver,
            peer=self._peer,
            settings=self._settings,
            emit=self._emit,
        )
        await attendance.look(time.monotonic_ns())
        self._events.clear()  # all of it is in the state
        self._attendance = attendance
        self._link.limit_s = self._settings.silence_ns / 1e9
        if not joined.done():  # who waited for it may have given up just now
            joined.set_result(view.state())
        await attendance.run(group)

    def _emit(self, events: Sequence[RoomEvent]) -> None:
        if len(self._events) + len(events) > EVENT_LIMIT:
            self._events.clear()
            raise LinkLost(f"{EVENT_LIMIT} events were not read")
        self._events.extend(events)
        self._news.set()

    def _why_not(self, error: BaseException) -> JoinError:
        """Why the room could not be joined, for a person."""
        room = self._address.room
        if isinstance(error, JoinError):
            return error
        if isinstance(error, RequestError):
            return (
                Refused(PRIVATE_ID_WANTED.format(room=room)) if private_id_is_wanted(error) else join_error(error, room)
            )
        if isinstance(error, ProtocolError):
            return Unreachable(f"What answers at {self._url} does not behave like a Janus. {error}")
        return Unreachable(f"Joining by way of {self._url} failed. {error}")


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one that counts of those that happened at once: what is known best before what merely broke with it."""
    flat = list(_flat(errors))
    return min(flat, key=lambda error: isinstance(error, LinkLost))


def _flat(errors: BaseExceptionGroup[BaseException]) -> Sequence[BaseException]:
    parts = ([*_flat(e)] if isinstance(e, BaseExceptionGroup) else [e] for e in errors.exceptions)
    return [error for part in parts for error in part]


def _last_event(error: BaseException) -> RoomEvent:
    if isinstance(error, RequestError) and room_is_gone(error):
        return RoomEnded(EndCause.CLOSED)
    return ConnectionLost(str(error))
