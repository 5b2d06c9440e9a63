"""The receiving end of one peer connection to an SFU."""

import asyncio
import secrets
from collections.abc import Callable, Mapping

from signaling.errors import NegotiationError
from signaling.media import PacketReceiver
from signaling.peer import negotiation, sdp
from signaling.peer.link import Link, LinkStats
from signaling.peer.negotiation import TrackBinding
from signaling.peer.sdp_writer import LocalTransport
from signaling.peer.settings import PeerSettings

__all__ = ["SubscriberConnection", "TrackBinding"]

_EARLY_CANDIDATES = 100
_NO_TRANSPORT = LocalTransport(sdp.TransportParameters("", "", (), "passive"), ())


class SubscriberConnection:
    """Answers offers, and hands packets to the receiver. Is the `PacketTransport` that the receiver sends RTCP with.

    `on_lost` is called with a sentence when no connection came about, the other side closed it, or nothing is heard any
    more. It may come back: by itself after a silence, or by an offer with new ICE credentials or another fingerprint.
    All calls on the loop's thread; the owner calls `close()` in every case.
    """

    def __init__(
        self,
        connection_id: str,
        receiver: PacketReceiver,
        settings: PeerSettings,
        *,
        on_lost: Callable[[str], None] | None = None,
    ) -> None:
        self.closed = asyncio.Event()
        self.connected = asyncio.Event()  # set at the first connection, never cleared
        self._id = connection_id
        self._settings = settings
        self._on_lost = on_lost
        self._lock = asyncio.Lock()
        self._link: Link | None = None
        self._lost = False
        self._remote: sdp.TransportParameters | None = None
        self._offer: sdp.Description | None = None
        self._accepted: negotiation.Accepted | None = None
        self._early: list[str] = []  # candidates before there is a link; the newest are dropped when full
        self._session_id = secrets.randbits(62)
        self._version = 0
        self._sink = receiver.open(self)

    @property
    def id(self) -> str:
        return self._id

    @property
    def is_lost(self) -> bool:
        """Since the last `on_lost`, until it is connected again."""
        return self._lost

    @property
    def stats(self) -> LinkStats:
        return self._link.stats if self._link is not None else LinkStats()

    async def answer(self, offer_sdp: str, tracks: Mapping[str, TrackBinding]) -> str:
        """The answer to an offer, the first or a later one; `tracks` by mid. When it returns, the sink knows the
        sections and the connection is on its way. Raises NegotiationError, and then everything stays as it was."""
        offer = sdp.parse(offer_sdp)
        accepted = negotiation.accept(offer)
        async with self._lock:
            if self.closed.is_set():
                raise NegotiationError("The connection is closed.")
            return await self._connect(accepted, lambda: self._bind(offer, accepted, tracks))

    def add_candidate(self, candidate: str | None) -> None:
        """As trickled ("candidate:…"), also before the first offer; None: there are no more. What cannot be used is
        ignored."""
        if self._link is not None:
            self._link.add_candidate(candidate)
        elif candidate and len(self._early) < _EARLY_CANDIDATES:
            self._early.append(candidate)

    def rebind(self, tracks: Mapping[str, TrackBinding]) -> None:
        """Other tracks on the m-lines of the last offer."""
        if self._offer is not None and self._accepted is not None:
            self._bind(self._offer, self._accepted, tracks)

    def send_rtcp(self, packet: bytes) -> None:
        if self._link is not None:
            self._link.send_rtcp(packet)

    async def close(self) -> None:
        """Leaves no task and no socket. Idempotent."""
        self.closed.set()
        async with self._lock:
            link, self._link = self._link, None
            if link is not None:
                await link.close()
        self._sink.close()

    async def _connect(self, accepted: negotiation.Accepted, bind: Callable[[], None]) -> str:
        """Brings the link to what the offer says. Sections are bound before the first packet can come."""
        remote = accepted.remote
        if remote is None:
            bind()
            return self._text(accepted, _NO_TRANSPORT)
        link, known = self._link, self._remote
        active = negotiation.answered_setup(remote.setup) == "active"
        if link is None or known is None:
            link = await self._new_link()
            bind()
            self._link = link
            link.start(remote, active=active)
        elif (known.username, known.password, known.fingerprints) != (
            remote.username,
            remote.password,
            remote.fingerprints,
        ):
            await link.gather_again(keep_keys=link.has_keys and known.fingerprints == remote.fingerprints)
            bind()
            link.restart(remote, active=active)
        else:
            bind()
        self._remote = remote
        self._tell_candidates(accepted.candidates)
        assert self._link is not None
        return self._text(accepted, self._link.local(self._link.setup))

    async def _new_link(self) -> Link:
        link = Link(
            self._id,
            self._settings,
            controlling=False,
            on_rtp=self._sink.on_rtp,
            on_rtcp=self._sink.on_rtcp,
            on_connected=self._is_connected,
            on_lost=self._is_lost,
        )
        try:
            await link.gather()
        except BaseException:
            await link.close()
            raise
        return link

    def _tell_candidates(self, offered: tuple[str, ...]) -> None:
        early, self._early = self._early, []
        for candidate in (*offered, *early):
            self.add_candidate(candidate)

    def _bind(self, offer: sdp.Description, accepted: negotiation.Accepted, tracks: Mapping[str, TrackBinding]) -> None:
        self._offer, self._accepted = offer, accepted
        self._sink.bind(accepted.bound(tracks, offer))

    def _text(self, accepted: negotiation.Accepted, local: LocalTransport) -> str:
        self._version += 1
        return negotiation.answer_text(accepted, local, session_id=self._session_id, version=self._version)

    def _is_connected(self) -> None:
        self._lost = False
        self.connected.set()

    def _is_lost(self, reason: str) -> None:
        if not self.closed.is_set():
            self._lost = True
            if self._on_lost is not None:
                self._on_lost(reason)
