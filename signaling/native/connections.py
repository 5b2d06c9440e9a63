"""The peer connections of one native room: offers in, answers out, one task for each connection."""

import asyncio
import itertools
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from signaling.errors import NegotiationError, ProtocolError
from signaling.media import PacketReceiver
from signaling.native.message import Answer, Candidate, CloseConnection, Message, Offer, OfferFailed, Restart
from signaling.peer.settings import PeerSettings
from signaling.peer.subscriber import SubscriberConnection, TrackBinding

log = logging.getLogger(__name__)

_CONNECTIONS = 2_000
_WAITING = 256  # messages for one connection not yet looked at; more is a server gone wild

_LASTING_S = 30.0
_numbers = itertools.count(1)  # a connection's name may be used again, its number is not


@dataclass(frozen=True, slots=True)
class _Lost:
    reason: str


@dataclass(frozen=True, slots=True)
class _Due:
    """It is time to ask for a new offer."""


@dataclass(frozen=True, slots=True)
class _Bound:
    offer: Offer
    tracks: Mapping[str, TrackBinding] | str  # or why there are none


_Item = _Bound | Candidate | _Lost | _Due | CloseConnection


def restart_delay_s(attempt: int) -> float:
    """Before asking for a new offer: at once after a connection that lasted, ever later after those that did not."""
    return min(0.5 * 2.0 ** min(attempt - 1, 10), 15.0) if attempt else 0.0


class Connections:
    """`take` what the server says of connections; tasks run in `group`. `close` when the group is done."""

    def __init__(
        self,
        group: asyncio.TaskGroup,
        receiver: PacketReceiver,
        settings: PeerSettings,
        send: Callable[[Message], None],
        binding: Callable[[str], TrackBinding | None],
    ) -> None:
        """What `send` raises ends the group."""
        self._group = group
        self._receiver = receiver
        self._settings = settings
        self._send = send
        self._binding = binding
        self._inboxes: dict[str, asyncio.Queue[_Item]] = {}

    def take(self, message: Offer | Candidate | CloseConnection) -> None:
        """Raises ProtocolError for a connection that was never offered, or for too much of anything."""
        name = message.connection
        inbox = self._inboxes.get(name)
        if inbox is None:
            if not isinstance(message, Offer):
                raise ProtocolError(f"The server spoke of the connection {name!r} before it offered it.")
            if len(self._inboxes) >= _CONNECTIONS:
                raise ProtocolError(f"The server opened more than {_CONNECTIONS} connections.")
            inbox = self._inboxes[name] = asyncio.Queue()
            self._group.create_task(self._serve(name, inbox), name=f"connection {name}")
        if inbox.qsize() >= _WAITING:
            raise ProtocolError(f"The server sent more than {_WAITING} messages at once for the connection {name!r}.")
        inbox.put_nowait(self._bound(message) if isinstance(message, Offer) else message)
        if isinstance(message, CloseConnection):
            del self._inboxes[name]

    def _bound(self, offer: Offer) -> _Bound:
        """Whose tracks they are is looked up now: later the server may have said more."""
        tracks = {}
        for mid, track in offer.tracks.items():
            binding = self._binding(track)
            if binding is None:
                return _Bound(offer, f"The offer names the track {track!r}, which is not published.")
            tracks[mid] = binding
        return _Bound(offer, tracks)

    async def _serve(self, name: str, inbox: asyncio.Queue[_Item]) -> None:
        """One connection, from its first offer to its end."""
        loop = asyncio.get_running_loop()
        connection = SubscriberConnection(
            f"{name}#{next(_numbers)}",
            self._receiver,
            self._settings,
            on_lost=lambda reason: inbox.put_nowait(_Lost(reason)),
        )
        asking: asyncio.TimerHandle | None = None
        attempt, lost_s = 0, -math.inf
        try:
            while not isinstance(item := await inbox.get(), CloseConnection):
                if isinstance(item, _Bound):
                    await self._negotiate(connection, item)
                elif isinstance(item, Candidate):
                    connection.add_candidate(item.candidate)
                elif isinstance(item, _Due):
                    if connection.is_lost:
                        self._send(Restart(name))
                elif asking is None or asking.when() <= loop.time():
                    log.warning("Media connection %s is lost, asking for a new offer: %s", connection.id, item.reason)
                    attempt = attempt + 1 if loop.time() - lost_s < _LASTING_S else 0
                    lost_s = loop.time()
                    asking = loop.call_later(restart_delay_s(attempt), inbox.put_nowait, _Due())
        finally:
            if asking is not None:
                asking.cancel()
            await connection.close()

    async def _negotiate(self, connection: SubscriberConnection, bound: _Bound) -> None:
        name = bound.offer.connection
        try:
            if isinstance(bound.tracks, str):
                raise NegotiationError(bound.tracks)
            self._send(Answer(name, await connection.answer(bound.offer.sdp, bound.tracks)))
        except NegotiationError as exc:
            log.warning("An offer could not be used: %s", exc)
            self._send(OfferFailed(name, str(exc)))
