"""ICE, DTLS and SRTP of one peer connection: packets in clear on this side, datagrams on the other."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from signaling.peer import seam
from signaling.peer.candidate import parse_candidate
from signaling.peer.sdp import TransportParameters
from signaling.peer.sdp_writer import LocalTransport
from signaling.peer.settings import PeerSettings
from signaling.peer.way import Way

PacketHandler = Callable[[bytes, int], None]

_SHORTEST = 12  # bytes of an RTP header; no other datagram of use is shorter
_WATCH_S = 1.0


@dataclass(slots=True)
class LinkStats:
    """Datagrams that were dropped, by reason."""

    malformed: int = 0  # empty, too long, of no known protocol, or STUN that cannot be read
    early: int = 0  # SRTP before the handshake was done
    unauthentic: int = 0  # SRTP of the wrong key, changed, or a replay
    stray: int = 0  # DTLS from an address that is not the other side's, or more of it than can be taken
    unsent: int = 0  # packets of ours that there was no way for


class Link:
    """`gather()`, then `start()` once the other side's parameters are known; `gather_again()` and `restart()` when it
    has new ones; `close()` in the end, also when lost.

    Handlers are called on the loop's thread. `on_lost`, with a sentence: the connection never came about, was closed by
    the other side, or nothing is heard (then it may come back by itself or by a restart: `on_connected` is called
    again). Neither is called after `close()`.
    """

    def __init__(
        self,
        name: str,
        settings: PeerSettings,
        *,
        controlling: bool,
        on_rtp: PacketHandler,
        on_rtcp: PacketHandler,
        on_connected: Callable[[], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self.stats = LinkStats()
        self._name = name
        self._settings = settings
        self._controlling = controlling
        self._on_rtp, self._on_rtcp = on_rtp, on_rtcp
        self._on_connected, self._on_lost = on_connected, on_lost
        self._way = Way(settings, controlling=controlling)
        self._next: Way | None = None  # gathered, and not in use yet
        self._old: list[Way] = []  # not in use any more, to be closed
        self._remote: TransportParameters | None = None
        self._active = False
        self._inbound: seam.Inbound | None = None  # SRTP, once there are keys
        self._outbound: Any = None
        self._heard_ns = 0
        self._closed = False
        self._task: asyncio.Task[None] | None = None  # lives as long as the DTLS
        self._restart: asyncio.Task[None] | None = None

    # Setting up

    async def gather(self) -> None:
        """Opens the sockets. Raises NegotiationError."""
        await self._gather(self._way)

    def local(self, setup: str) -> LocalTransport:
        """Our own parameters, the new ones after `gather_again()`."""
        return (self._next or self._way).local(setup)

    @property
    def setup(self) -> str:
        """Our DTLS role as an answer states it, once started."""
        return "active" if self._active else "passive"

    def add_candidate(self, text: str | None) -> None:
        """One of the other side's, as in SDP with or without "candidate:"; None: there are no more (a hint that is not
        needed and not relied on: some say so too early). What cannot be used is ignored."""
        candidate = parse_candidate(text) if text else None
        if candidate is not None and not self._closed:
            (self._next or self._way).add_candidate(candidate)

    def start(self, remote: TransportParameters, *, active: bool) -> None:
        """Connects in the background. Our DTLS role is `active` or passive."""
        self._remote, self._active = remote, active
        self._task = self._spawn(self._run(self._way, remote))

    @property
    def has_keys(self) -> bool:
        """Whether the DTLS lives, so that an ICE restart can go on with it."""
        return self._outbound is not None and self._task is not None and not self._task.done()

    async def gather_again(self, *, keep_keys: bool) -> None:
        """First half of a restart (RFC 8445 section 2.4): new sockets and credentials, while the old ones work; with
        new DTLS too, unless keys are kept. Raises NegotiationError."""
        await self._drop_next()
        way = Way(self._settings, controlling=self._controlling, over=self._way if keep_keys else None)
        self._next = way
        try:
            await self._gather(way)
        except BaseException:
            await self._drop_next()
            raise

    def restart(self, remote: TransportParameters, *, active: bool) -> None:
        """Second half, in the background."""
        way, old, known = self._next, self._way, self._remote
        if way is None:
            return
        self._remote = remote
        if way.dtls is old.dtls and known is not None and known.fingerprints != remote.fingerprints:
            way.renew_dtls()
        if way.dtls is old.dtls:
            self._restart = self._spawn(self._move(way, remote))
        else:
            self._active, self._way, self._next = active, way, None
            self._old.append(old)
            self._task = self._spawn(self._replace(self._task, remote))

    async def close(self) -> None:
        """Leaves no task and no socket. Idempotent."""
        self._closed = True
        self._inbound = self._outbound = None
        await _cancelled(self._task)
        await self._drop_next()
        for way in (*self._old, self._way):
            await way.close(dtls=True)

    # Packets

    @property
    def is_connected(self) -> bool:
        return self._outbound is not None

    def send_rtp(self, packet: bytes) -> None:
        self._protect(packet, "protect")

    def send_rtcp(self, packet: bytes) -> None:
        self._protect(packet, "protect_rtcp")

    def _protect(self, packet: bytes, how: str) -> None:
        try:
            sent = self._outbound is not None and self._way.agent.send_now(getattr(self._outbound, how)(packet))
        except (seam.SrtpError, ValueError, OSError):
            sent = False
        self.stats.unsent += not sent

    def _entry(self, way: Way, protocol: Any) -> seam.DatagramHandler:
        """The function that gets every datagram of a socket. Whatever comes, it never raises."""
        stun, transactions = protocol.datagram_received, protocol.transactions
        stats, on_rtp, on_rtcp, clock = self.stats, self._on_rtp, self._on_rtcp, time.monotonic_ns

        def datagram_received(data: bytes, address: seam.Address) -> None:
            size = len(data)
            if not _SHORTEST <= size <= seam.DATAGRAM_LIMIT:
                stats.malformed += 1
                return
            first = data[0]
            if 127 < first < 192:
                session = self._inbound
                if session is None:
                    stats.early += 1
                    return
                now_ns = clock()
                is_rtcp = 191 < data[1] < 224  # RFC 5761 section 4
                try:
                    packet = session.unprotect_rtcp(data) if is_rtcp else session.unprotect(data)
                except seam.SrtpError:
                    stats.unauthentic += 1
                    return
                self._heard_ns = now_ns
                (on_rtcp if is_rtcp else on_rtp)(packet, now_ns)
            elif first < 4:
                if data[8:20] in transactions:
                    self._heard_ns = clock()
                try:
                    stun(data, address)
                except Exception:  # aioice lets struct.error, IndexError and AssertionError through
                    stats.malformed += 1
            elif 19 < first < 64:
                stats.stray += not (way.agent.knows(address) and way.path.push(data))
            else:
                stats.malformed += 1

        return datagram_received

    # In the background

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        return asyncio.create_task(work, name=f"link {self._name}")

    async def _gather(self, way: Way) -> None:
        await way.gather()
        way.agent.intercept(lambda protocol: self._entry(way, protocol))

    async def _drop_next(self) -> None:
        await _cancelled(self._restart)
        way, self._next = self._next, None
        if way is not None:
            await way.close(dtls=way.dtls is not self._way.dtls)

    async def _run(self, way: Way, remote: TransportParameters) -> None:
        limit_s = self._settings.connect_limit_s
        try:
            async with asyncio.timeout(limit_s):
                await way.connect(remote)
                session = await way.dtls.handshake(active=self._active, fingerprints=remote.fingerprints)
        except TimeoutError:
            reason = f"No media connection came about within {limit_s:g} s."
        except ConnectionError:
            reason = "No network path to the other side's media addresses works."
        except Exception as exc:  # OpenSSL raises its own for a handshake that went wrong
            reason = f"The DTLS handshake failed ({type(exc).__name__})."
        else:
            reason = await self._stay(way.dtls, session)
        self._inbound = self._outbound = None
        self._lose(reason)

    async def _stay(self, dtls: seam.DtlsSession, session: seam.Inbound | None) -> str:
        """From the handshake until the DTLS ends; returns why it did."""
        if session is None:
            return "The DTLS handshake failed, or the other side's certificate is not the one it announced."
        self._heard_ns = time.monotonic_ns()
        self._inbound, self._outbound = session, dtls.outbound
        self._on_connected()
        await self._watch(dtls)
        return "The other side closed the media connection."

    async def _watch(self, dtls: seam.DtlsSession) -> None:
        """Until the DTLS ends. Tells of silence, and of its end."""
        limit_s = self._settings.silence_limit_s
        silent = False
        while not await dtls.ended(within_s=_WATCH_S):
            if self._restart is not None and not self._restart.done():
                continue
            was_silent, silent = silent, time.monotonic_ns() - self._heard_ns > limit_s * 1_000_000_000
            if silent and not was_silent:
                self._lose(f"Nothing was heard from the other side for {limit_s:g} s.")
            elif was_silent and not silent:
                self._on_connected()

    async def _move(self, way: Way, remote: TransportParameters) -> None:
        """To other sockets, below the DTLS that is there. Where that fails, the old ones stay in use."""
        try:
            async with asyncio.timeout(self._settings.connect_limit_s):
                await way.connect(remote)
        except (TimeoutError, ConnectionError):
            self._lose("A new network path to the other side was tried, and does not work.")
            return
        old, self._way, self._next = self._way, way, None
        way.path.transmit = way.agent.send_now
        self._heard_ns = time.monotonic_ns()
        self._old.append(old)
        await old.close(dtls=False)
        self._old.remove(old)

    async def _replace(self, task: asyncio.Task[None] | None, remote: TransportParameters) -> None:
        """All anew, in place of what a task has run so far."""
        self._inbound = self._outbound = None
        await _cancelled(task)
        while self._old:
            await self._old[-1].close(dtls=True)
            self._old.pop()
        await self._run(self._way, remote)

    def _lose(self, reason: str) -> None:
        if not self._closed:
            self._on_lost(reason)


async def _cancelled(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.wait([task])
