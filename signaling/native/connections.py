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


class _Asking:
    """When to ask for a new offer: later and later while no connection lasts, and again while nothing comes of it."""

    def __init__(self, ask: Callable[[], object], again_s: float) -> None:
        """`ask` is called when it is time. `again_s`: what an offer and its connection may take."""
        self._ask = ask
        self._again_s = again_s
        self._attempt, self._lost_s = 0, -math.inf
        self._timer: asyncio.TimerHandle | None = None

    def lost(self) -> bool:
        """Says whether that is news: one who is about to ask does not ask twice."""
        loop = asyncio.get_running_loop()
        attempt = self._attempt + 1 if loop.time() - self._lost_s < _LASTING_S else 0
        if self._timer is not None and self._timer.when() <= loop.time() + restart_delay_s(attempt):
            return False
        self._wait(attempt, restart_delay_s(attempt))
        return True

    def asked(self) -> None:
        self._wait(self._attempt, self._again_s)

    def mended(self) -> None:
        """There is nothing to ask for now."""
        self._timer = None

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self, attempt: int, delay_s: float) -> None:
        self.close()
        loop = asyncio.get_running_loop()
        self._attempt, self._lost_s = attempt, loop.time()
        self._timer = loop.call_later(delay_s, self._ask)


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
        connection = SubscriberConnection(
            f"{name}#{next(_numbers)}",
            self._receiver,
            self._settings,
            on_lost=lambda reason: inbox.put_nowait(_Lost(reason)),
        )
        asking = _Asking(lambda: inbox.put_nowait(_Due()), self._settings.connect_limit_s)
        try:
            while not isinstance(item := await inbox.get(), CloseConnection):
                if isinstance(item, _Bound):
                    await self._negotiate(connection, item)
                elif isinstance(item, Candidate):
                    connection.add_candidate(item.candidate)
                elif isinstance(item, _Due):
                    if connection.is_lost:
                        self._send(Restart(name))
                        asking.asked()
                    else:
                        asking.mended()
                elif asking.lost():
                    log.warning("Media connection %s is lost, asking for a new offer: %s", connection.id, item.reason)
        finally:
            asking.close()
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
