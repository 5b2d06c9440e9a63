"""The client of the native protocol: a `RoomClient` for servers that follow ../README.md."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TypeVar

from signaling.client import Notice
from signaling.errors import NoSuchRoom, ProtocolError, Refused, SignalingError, Unreachable
from signaling.event import ConnectionLost, RoomEnded, RoomEvent, TrackUnpublished
from signaling.media import PacketReceiver
from signaling.model import Layer, RoomState
from signaling.native import message as m
from signaling.native.connections import Connections
from signaling.native.line import PROTOCOL_ERROR, Line
from signaling.native.roster import Roster
from signaling.peer.settings import PeerSettings
from signaling.peer.subscriber import TrackBinding

log = logging.getLogger(__name__)

JOIN_S = 5.0
LEAVE_S = 2.0
_EVENTS = 10_000  # not yet read; beyond it the client gives up as if the connection were lost
_NOTICES = 1_000  # not yet sent; beyond it new ones are dropped
_OUTBOX = 10_000  # messages not yet sent; beyond it the server counts as lost

_REFUSALS: dict[m.RefusalCode, tuple[type[SignalingError], str]] = {
    m.RefusalCode.BAD_TOKEN: (Refused, "The server does not accept the token."),
    m.RefusalCode.NOT_ALLOWED: (Refused, "The server does not allow this room to be recorded."),
    m.RefusalCode.NO_SUCH_ROOM: (NoSuchRoom, "The server has no such room."),
    m.RefusalCode.VERSION: (Refused, f"The server does not speak version {m.VERSION} of the protocol."),
}


_UNSAID = Layer(0, 0)  # equal to no wish
_Error = TypeVar("_Error", bound=BaseException)


class _Ended(Exception):  # noqa: N818 - not an error
    def __init__(self, last: RoomEvent) -> None:
        self.last = last


class NativeClient:
    """Owns its tasks: all end with `leave`, or after the last event. The token is in the join message only."""

    def __init__(self, url: str, join: m.Join, *, receiver: PacketReceiver, peer: PeerSettings) -> None:
        self.dropped_notices = 0
        self._url = url
        self._join = join
        self._receiver = receiver
        self._peer = peer
        self._line = Line()
        self._roster: Roster | None = None
        self._events: asyncio.Queue[RoomEvent | None] = asyncio.Queue()  # bounded by _tell; None: the end
        self._outbox: deque[m.Message] = deque()
        self._layers: dict[str, Layer | None] = {}  # wanted, not yet said
        self._layers_said: dict[str, Layer | None] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._left = False

    async def join(self) -> RoomState:
        try:
            await self._line.open(self._url)
            async with asyncio.timeout(JOIN_S):
                await self._line.send(self._join)
                joined = self._admitted(await self._line.receive())
            self._roster = Roster(joined)
        except TimeoutError:
            await self._line.close()
            raise Unreachable(f"The server did not answer the join within {JOIN_S:g} s.") from None
        except ProtocolError as exc:
            await self._line.close(PROTOCOL_ERROR, str(exc))
            raise
        except BaseException:
            await self._line.close()
            raise
        if joined.ice_servers:
            self._peer = replace(self._peer, ice_servers=joined.ice_servers)
        state = self._roster.state()
        self._task = asyncio.create_task(self._run(self._roster), name="native client")
        return state

    async def events(self) -> AsyncIterator[RoomEvent]:
        while (event := await self._events.get()) is not None:
            yield event
        self._events.put_nowait(None)  # whoever asks again is at the end as well

    def request_layer(self, track: str, layer: Layer | None) -> None:
        """The last wish for each track is said; one that is as before is not."""
        known = self._roster is not None and self._roster.track(track) is not None
        if known and self._layers_said.get(track, _UNSAID) != layer:
            self._layers_said[track] = self._layers[track] = layer
            self._wake.set()

    def notify(self, notice: Notice) -> None:
        if len(self._outbox) < _NOTICES:
            self._send(m.NoticeGiven(notice.code, notice.audience, notice.text))
        else:
            self.dropped_notices += 1

    async def leave(self) -> None:
        if self._left:
            return
        with contextlib.suppress(TimeoutError, SignalingError):
            async with asyncio.timeout(LEAVE_S / 4):
                while self._outbox:  # what was said last is still heard
                    await self._line.send(self._outbox.popleft())
                await self._line.send(m.Leave())
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=LEAVE_S / 2)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_S / 4):
                await self._line.close()
        self._left = True  # not before: who is cancelled on the way may call again
        self._events.put_nowait(None)

    def _admitted(self, message: m.Message) -> m.Joined:
        if isinstance(message, m.Refused):
            error, text = _REFUSALS[message.code]
            raise error(f"{text} It says: {message.text}" if message.text else text)
        if not isinstance(message, m.Joined):
            raise ProtocolError(f"The server answered the join with another message ({type(message).__name__}).")
        if message.version != m.VERSION:
            raise ProtocolError(f"The server speaks version {message.version} of the protocol, not {m.VERSION}.")
        return message

    async def _run(self, roster: Roster) -> None:
        """Parent of every task of this client; what ends it is the last event."""
        last: RoomEvent = ConnectionLost("The client was closed.")
        code, reason = 1000, ""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write(), name="native writer")
                await self._read(roster, Connections(group, self._receiver, self._peer, self._send, self._binding))
        except* _Ended as ends:
            last = _first(ends).last
        except* ProtocolError as errors:
            code, reason = PROTOCOL_ERROR, str(_first(errors))
            last = ConnectionLost(reason)
        except* SignalingError as errors:
            last = ConnectionLost(str(_first(errors)))
        except* Exception:
            log.exception("the native client failed")
            last = ConnectionLost("The client failed; the log says how.")
        self._events.put_nowait(last)
        self._events.put_nowait(None)
        await self._line.close(code, reason)

    async def _read(self, roster: Roster, connections: Connections) -> None:
        while True:
            message = await self._line.receive()
            if isinstance(message, m.RoomClosed):
                raise _Ended(RoomEnded(message.cause))
            if isinstance(message, m.Offer | m.Candidate | m.CloseConnection):
                connections.take(message)
            else:
                self._tell(roster.apply(message))

    def _tell(self, events: list[RoomEvent]) -> None:
        if self._events.qsize() + len(events) > _EVENTS:
            raise _Ended(ConnectionLost(f"More than {_EVENTS} events of the room were not taken."))
        for event in events:
            if isinstance(event, TrackUnpublished):
                self._layers.pop(event.track_id, None)
                self._layers_said.pop(event.track_id, None)
            self._events.put_nowait(event)

    def _binding(self, track_id: str) -> TrackBinding | None:
        track = self._roster.track(track_id) if self._roster is not None else None
        return TrackBinding(track.id, track.participant) if track is not None else None

    def _send(self, message: m.Message) -> None:
        """Raises Unreachable when the server has not read for too long."""
        if len(self._outbox) >= _OUTBOX:
            raise Unreachable(f"The server does not read: {_OUTBOX} messages wait for it.")
        self._outbox.append(message)
        self._wake.set()

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._outbox or self._layers:
                if self._outbox:
                    await self._line.send(self._outbox.popleft())
                else:
                    track, layer = self._layers.popitem()
                    await self._line.send(m.LayerWanted(track, layer))


def _first(group: BaseExceptionGroup[_Error]) -> _Error:
    error: _Error | BaseExceptionGroup[_Error] = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
