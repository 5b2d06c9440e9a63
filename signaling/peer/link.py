"""ICE, DTLS and SRTP of one peer connection: packets in clear on this side, datagrams on the other."""

import asyncio
import functools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from signaling.errors import NegotiationError
from signaling.peer import seam
from signaling.peer.candidate import parse_candidate
from signaling.peer.path import DtlsPath
from signaling.peer.sdp import TransportParameters
from signaling.peer.sdp_writer import LocalTransport
from signaling.peer.settings import PeerSettings

log = logging.getLogger(__name__)

PacketHandler = Callable[[bytes, int], None]

_REMOTE_CANDIDATES = 100
_SRTP_HEADER = 12


@dataclass(slots=True)
class LinkStats:
    """Datagrams that were dropped, by reason."""

    malformed: int = 0  # empty, too long, of no known protocol, or STUN that cannot be read
    early: int = 0  # SRTP before the handshake was done
    unauthentic: int = 0  # SRTP of the wrong key, changed, or a replay
    stray: int = 0  # DTLS from an address that is not the other side's, or more of it than can be taken
    unsent: int = 0  # packets of ours that there was no way for


class Link:
    """`gather()`, then `start()` once the other side's parameters are known; `close()` in the end, also when lost.

    Handlers are called on the loop's thread; `on_lost` once, with a sentence, never after `close()`.
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
        self._agent = self._new_agent()
        self._next: seam.IceAgent | None = None  # while ICE restarts
        self._path = DtlsPath(self._transmit)
        self._dtls = seam.DtlsSession(self._path)
        self._inbound: Any = None  # the SRTP sessions, once there are keys
        self._outbound: Any = None
        self._heard_ns = 0
        self._candidates = 0
        self._active = False
        self._closed = False
        self._task: asyncio.Task[None] | None = None
        self._restart: asyncio.Task[None] | None = None

    # Setting up

    async def gather(self) -> None:
        """Opens the sockets."""
        await self._gather(self._agent)

    def local(self, setup: str) -> LocalTransport:
        agent = self._next or self._agent
        return LocalTransport(
            TransportParameters(agent.local_username, agent.local_password, self._dtls.fingerprints, setup),
            tuple(candidate.to_sdp() for candidate in agent.local_candidates),
        )

    @property
    def setup(self) -> str:
        """Our DTLS role as an answer states it, once started."""
        return "active" if self._active else "passive"

    def add_candidate(self, text: str | None) -> None:
        """One of the other side's, as in SDP with or without "candidate:"; None: there are no more (a hint that is not
        needed and not relied on: some say so too early). What cannot be used is ignored."""
        candidate = parse_candidate(text) if text else None
        if candidate is not None and self._candidates < _REMOTE_CANDIDATES and not self._closed:
            self._candidates += 1
            (self._next or self._agent).take_candidate(candidate)

    def start(self, remote: TransportParameters, *, active: bool) -> None:
        """Connects in the background. Our DTLS role is `active` or passive."""
        self._active = active
        self._task = asyncio.create_task(self._run(remote), name=f"link {self._name}")

    async def gather_again(self) -> None:
        """First half of an ICE restart (RFC 8445 section 2.4): new sockets and credentials, while the old ones work."""
        if self._restart is not None:
            self._restart.cancel()
            await asyncio.wait([self._restart])
        self._next = self._new_agent()
        self._candidates = 0
        await self._gather(self._next)

    def restart(self, remote: TransportParameters) -> None:
        """Second half: connects anew below the DTLS that is there."""
        self._restart = asyncio.create_task(self._reconnect(remote), name=f"link {self._name} restart")

    async def close(self) -> None:
        """Leaves no task and no socket. Idempotent."""
        self._closed = True
        self._inbound = self._outbound = None
        tasks = [task for task in (self._task, self._restart) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._path.end()
        await self._dtls.close()
        await self._agent.close()
        if self._next is not None:
            await self._next.close()

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
            sent = self._outbound is not None and self._transmit(getattr(self._outbound, how)(packet))
        except (seam.SrtpError, ValueError, OSError):
            sent = False
        self.stats.unsent += not sent

    def _transmit(self, data: bytes) -> bool:
        return self._agent.send_now(data)

    def _entry(self, protocol: Any) -> seam.DatagramHandler:
        """The function that gets every datagram of a socket. Whatever comes, it never raises."""
        stun, transactions = protocol.datagram_received, protocol.transactions
        stats, on_rtp, on_rtcp, clock = self.stats, self._on_rtp, self._on_rtcp, time.monotonic_ns

        def datagram_received(data: bytes, address: seam.Address) -> None:
            size = len(data)
            if not _SRTP_HEADER <= size <= seam.DATAGRAM_LIMIT:
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
                stats.stray += not ((self._agent.knows(address)) and self._path.push(data))
            else:
                stats.malformed += 1

        return datagram_received

    # In the background

    def _new_agent(self) -> seam.IceAgent:
        try:
            return seam.IceAgent(
                controlling=self._controlling,
                addresses=self._settings.host_addresses,
                servers=self._settings.ice_servers,
            )
        except ValueError as exc:
            raise NegotiationError(f"A STUN or TURN server's URL cannot be understood: {exc}.") from None

    async def _gather(self, agent: seam.IceAgent) -> None:
        await agent.gather_candidates()
        agent.intercept(self._entry)
        granted = agent.enlarge_buffers(self._settings.udp_buffer_bytes)
        if granted < self._settings.udp_buffer_bytes:
            _say_buffer_is_small(granted, self._settings.udp_buffer_bytes)
        if not agent.local_candidates:
            raise NegotiationError("This machine has no network address to receive media on.")

    async def _run(self, remote: TransportParameters) -> None:
        limit_s = self._settings.connect_limit_s
        try:
            async with asyncio.timeout(limit_s):
                await self._connect(self._agent, remote)
                session = await self._dtls.handshake(active=self._active, fingerprints=remote.fingerprints)
        except TimeoutError:
            return self._lose(f"No media connection came about within {limit_s:g} s.")
        except ConnectionError:
            return self._lose("No network path to the other side's media addresses works.")
        except Exception as exc:  # OpenSSL raises its own for a handshake that went wrong
            return self._lose(f"The DTLS handshake failed ({type(exc).__name__}).")
        if session is None:
            return self._lose("The DTLS handshake failed, or the other side's certificate is not the one it announced.")
        self._heard_ns = time.monotonic_ns()
        self._inbound, self._outbound = session, self._dtls.outbound
        self._on_connected()
        return self._lose(await self._watch())

    async def _connect(self, agent: seam.IceAgent, remote: TransportParameters) -> None:
        agent.remote_is_lite = remote.lite
        agent.ice_controlling = self._controlling or remote.lite
        agent.remote_username, agent.remote_password = remote.username, remote.password
        await agent.connect()

    async def _watch(self) -> str:
        """Until the connection is lost; returns why."""
        limit_s = self._settings.silence_limit_s
        while not await self._dtls.ended(within_s=1.0):
            if self._restart is not None and not self._restart.done():
                continue
            if time.monotonic_ns() - self._heard_ns > limit_s * 1_000_000_000 or not self._agent.is_connected:
                return f"Nothing was heard from the other side for {limit_s:g} s."
        return "The other side closed the media connection."

    async def _reconnect(self, remote: TransportParameters) -> None:
        agent = self._next
        if agent is None:
            return
        try:
            async with asyncio.timeout(self._settings.connect_limit_s):
                await self._connect(agent, remote)
        except (TimeoutError, ConnectionError):
            self._next = None
            await agent.close()  # the old path is watched again, and lost when it is dead
            return
        self._agent, self._next, old = agent, None, self._agent
        self._heard_ns = time.monotonic_ns()
        await old.close()

    def _lose(self, reason: str) -> None:
        self._inbound = self._outbound = None
        if not self._closed:
            self._on_lost(reason)


@functools.cache
def _say_buffer_is_small(granted: int, wanted: int) -> None:
    """Once for each pair of sizes, not for each connection."""
    log.warning(
        "UDP buffers are %d bytes, not %d: packets may be lost under load. Remedy: sysctl -w net.core.rmem_max=%d",
        granted,
        wanted,
        wanted,
    )
