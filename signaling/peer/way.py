"""One way to the other side: the sockets and checks of ICE, and the DTLS over them."""

import functools
import logging

from aioice.candidate import Candidate

from signaling.errors import NegotiationError
from signaling.peer import seam
from signaling.peer.path import DtlsPath
from signaling.peer.sdp import TransportParameters
from signaling.peer.sdp_writer import LocalTransport
from signaling.peer.settings import PeerSettings

log = logging.getLogger(__name__)

_REMOTE_CANDIDATES = 100


class Way:
    """After an ICE restart a new way has the DTLS of the one before (`over`), with its keys; else one of its own."""

    def __init__(self, settings: PeerSettings, *, controlling: bool, over: "Way | None" = None) -> None:
        self._settings = settings
        self._controlling = controlling
        self._candidates = 0
        try:
            self.agent = seam.IceAgent(
                controlling=controlling, addresses=settings.host_addresses, servers=settings.ice_servers
            )
        except ValueError as exc:
            raise NegotiationError(f"A STUN or TURN server's URL cannot be understood: {exc}.") from None
        self.path: DtlsPath = over.path if over is not None else DtlsPath(self.agent.send_now)
        self.dtls: seam.DtlsSession = over.dtls if over is not None else seam.DtlsSession(self.path)

    def renew_dtls(self) -> None:
        """Another handshake with the certificate as told, for another side than the one before."""
        self.path = DtlsPath(self.agent.send_now)
        self.dtls = seam.DtlsSession(self.path, self.dtls.certificate)

    async def gather(self) -> None:
        """Opens the sockets. Raises NegotiationError."""
        await self.agent.gather_candidates()
        wanted = self._settings.udp_buffer_bytes
        granted = self.agent.enlarge_buffers(wanted)
        if granted < wanted:
            _say_buffer_is_small(granted, wanted)
        if not self.agent.local_candidates:
            raise NegotiationError("This machine has no network address to receive media on.")

    def local(self, setup: str) -> LocalTransport:
        agent = self.agent
        return LocalTransport(
            TransportParameters(agent.local_username, agent.local_password, self.dtls.fingerprints, setup),
            tuple(candidate.to_sdp() for candidate in agent.local_candidates),
        )

    def add_candidate(self, candidate: Candidate) -> None:
        if self._candidates < _REMOTE_CANDIDATES:
            self._candidates += 1
            self.agent.take_candidate(candidate)

    async def connect(self, remote: TransportParameters) -> None:
        """ICE. Raises ConnectionError; waits for ever while the other side may still tell candidates."""
        self.agent.remote_is_lite = remote.lite
        self.agent.ice_controlling = self._controlling or remote.lite
        self.agent.remote_username, self.agent.remote_password = remote.username, remote.password
        await self.agent.connect()

    async def close(self, *, dtls: bool) -> None:
        """Idempotent. Without `dtls` when another way goes on with it."""
        if dtls:
            self.path.end()
            await self.dtls.close()
        await self.agent.close()


@functools.cache
def _say_buffer_is_small(granted: int, wanted: int) -> None:
    """Once for each pair of sizes, not for each socket."""
    log.warning(
        "UDP buffers are %d bytes, not %d: packets may be lost under load. Remedy: sysctl -w net.core.rmem_max=%d",
        granted,
        wanted,
        wanted,
    )
