"""The one place that touches what aiortc 1.16 and aioice 0.13 keep to themselves.

What is used, all checked at import:
- aioice: the sockets of a connection (`_protocols`) and their `datagram_received`, so that a packet comes from the
  socket to us without a queue and a task switch (40 µs instead of 80 to 140); the pair in use (`_nominated`); the pairs
  checked (`_check_list`); the addresses gathered on; remote candidates added without a coroutine.
- aiortc: the DTLS transport on an ICE transport of our own (`_recv`, `_send`, `role`), its role, its task, and the SRTP
  sessions it makes. Nothing of aiortc above SRTP is used.
- pylibsrtp: a session's buffers and the library's function, called without the wrapper around them.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

import aioice
import pylibsrtp
from aioice.candidate import Candidate
from aiortc.rtcconfiguration import RTCIceServer
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)
from aiortc.rtcicetransport import connection_kwargs
from OpenSSL import SSL
from pylibsrtp._binding import ffi, lib

from signaling.peer.settings import IceServer

# They tell every check of every candidate pair at "info".
for _name in ("aioice", "aiortc"):
    logging.getLogger(_name).setLevel(logging.WARNING)

Address = tuple[Any, ...]
DatagramHandler = Callable[[bytes, Address], None]
SrtpError = pylibsrtp.Error
DATAGRAM_LIMIT = 1500  # bytes; libsrtp's buffer and OpenSSL's are of this size

_SO_RCVBUFFORCE = 33  # Linux; Python has no name for it

# ECDSA first; RSA for servers with an RSA certificate, which aiortc alone would not talk to as a DTLS client.
_CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:"
    b"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA"
)


class DatagramPath(Protocol):
    """What DTLS goes over; aiortc's name for it is an ICE transport."""

    role: str

    async def _recv(self) -> bytes:
        """Raises ConnectionError when there will be no more."""

    async def _send(self, data: bytes) -> None: ...


class IceAgent(aioice.Connection):
    """One ICE session with one component, gathering on the addresses it is told."""

    def __init__(self, *, controlling: bool, addresses: tuple[str, ...] | None, servers: Iterable[IceServer]) -> None:
        listed = [RTCIceServer(list(s.urls), s.username or None, s.credential or None) for s in servers]
        super().__init__(ice_controlling=controlling, **connection_kwargs(listed))
        self._addresses = addresses

    async def get_component_candidates(  # the signature is aioice's
        self,
        component: int,
        addresses: list[str],
        timeout: int = 5,  # noqa: ASYNC109
    ) -> list[Candidate]:
        """Called by aioice, with the addresses of every interface but loopback."""
        chosen = addresses if self._addresses is None else list(self._addresses)
        return await super().get_component_candidates(component, chosen, timeout)

    def intercept(self, wrap: Callable[[Any], DatagramHandler]) -> None:
        """Every datagram of every socket goes to `wrap(protocol)` from now on. After gathering."""
        for protocol in self._protocols:
            protocol.datagram_received = wrap(protocol)  # type: ignore[method-assign, assignment]

    def enlarge_buffers(self, wanted: int) -> int:
        """Sets SO_RCVBUF on every socket; returns the smallest size that was granted (`wanted` when there is none)."""
        granted = wanted
        for protocol in self._protocols:
            sock = protocol.transport.get_extra_info("socket")
            if sock is not None:
                granted = min(granted, _enlarge(sock, wanted))
        return granted

    def take_candidate(self, candidate: Candidate) -> None:
        self._add_remote_candidate(candidate, candidate.host)

    def knows(self, address: Address) -> bool:
        """Whether an address is one end of a pair, that is: was told, or has sent a check with the right password."""
        return any(pair.remote_addr == (address[0], address[1]) for pair in self._check_list)

    def send_now(self, data: bytes) -> bool:
        """Over the nominated pair; False when there is none."""
        pair = self._nominated.get(1)
        if pair is None:
            return False
        pair.protocol.transport.sendto(data, pair.remote_addr)
        return True

    @property
    def is_connected(self) -> bool:
        return bool(self._nominated)


class _Certificate(RTCCertificate):
    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(_CIPHERS)
        return context


class Inbound:
    """Decrypts what comes in: `unprotect` and `unprotect_rtcp` raise SrtpError."""

    def __init__(self, session: pylibsrtp.Session) -> None:
        self._session = session  # the buffers below are its
        self.unprotect = _unprotector(session)
        self.unprotect_rtcp: Callable[[bytes], bytes] = session.unprotect_rtcp


def _unprotector(session: pylibsrtp.Session) -> Callable[[bytes], bytes]:
    """`session.unprotect` without what it makes anew for each packet, which is more than half of its time."""
    call, srtp, area, view, size = (
        lib.srtp_unprotect,
        session._srtp[0],
        session._cdata,
        session._buffer,
        ffi.new("int *"),
    )
    longest = len(area)

    def unprotect(packet: bytes) -> bytes:
        length = len(packet)
        if length > longest:
            raise SrtpError("The packet is longer than any datagram.")
        view[0:length] = packet
        size[0] = length
        if call(srtp, area, size):
            raise SrtpError("The packet is not authentic, or came before.")
        found: bytes = view[0 : size[0]]
        return found

    return unprotect


class DtlsSession:
    """DTLS over a path, and the SRTP keys it yields (RFC 5764)."""

    def __init__(self, path: DatagramPath, certificate: RTCCertificate | None = None) -> None:
        self.certificate = certificate or _Certificate.generateCertificate()
        self._dtls = RTCDtlsTransport(path, [self.certificate])  # type: ignore[arg-type]

    @property
    def fingerprints(self) -> tuple[tuple[str, str], ...]:
        return tuple((f.algorithm, f.value) for f in self._dtls.getLocalParameters().fingerprints)

    async def handshake(self, *, active: bool, fingerprints: Iterable[tuple[str, str]]) -> Inbound | None:
        """Returns what decrypts what comes in; None when the handshake failed."""
        self._dtls._set_role("client" if active else "server")
        await self._dtls.start(RTCDtlsParameters([RTCDtlsFingerprint(a, v) for a, v in fingerprints]))
        return Inbound(self._dtls._rx_srtp) if self._dtls.state == "connected" else None

    @property
    def outbound(self) -> pylibsrtp.Session | None:
        """The session that encrypts what goes out, once connected."""
        return self._dtls._tx_srtp if self._dtls.state == "connected" else None

    async def ended(self, within_s: float) -> bool:
        """Whether the other side closes DTLS, or the path ends, within that time. After a handshake that went well."""
        if self._dtls._task is None:
            return True
        done, _ = await asyncio.wait([self._dtls._task], timeout=within_s)
        return bool(done)

    async def close(self) -> None:
        """Idempotent."""
        task = self._dtls._task
        await self._dtls.stop()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)
        self._dtls.remove_all_listeners()


def _enlarge(sock: socket.socket, wanted: int) -> int:
    """The kernel reports the double of what was asked for. FORCE passes the system's cap; it needs CAP_NET_ADMIN."""
    for option in (_SO_RCVBUFFORCE, socket.SO_RCVBUF):
        try:
            sock.setsockopt(socket.SOL_SOCKET, option, wanted)
            break
        except OSError:
            continue
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2


def _check() -> None:
    """Raises ImportError for the first private thing that is not there any more."""

    class _NoPath:
        role = "controlled"
        _recv: Callable[..., Awaitable[bytes]]
        _send: Callable[..., Awaitable[None]]

    connection = aioice.Connection(ice_controlling=False)
    dtls = RTCDtlsTransport(_NoPath(), [_Certificate.generateCertificate()])  # type: ignore[arg-type]
    needed = (
        (connection, "aioice.Connection", "_protocols _nominated _check_list _add_remote_candidate"),
        (connection, "aioice.Connection", "get_component_candidates"),
        (dtls, "aiortc.RTCDtlsTransport", "_set_role _task _rx_srtp _tx_srtp"),
        (aioice.ice.StunProtocol, "aioice.StunProtocol", "datagram_received"),
        (pylibsrtp.Session(), "pylibsrtp.Session", "_srtp _cdata _buffer"),
        (lib, "pylibsrtp's library", "srtp_unprotect"),
        (RTCCertificate, "aiortc.RTCCertificate", "_create_ssl_context"),
    )
    for thing, name, attributes in needed:
        for attribute in attributes.split():
            if not hasattr(thing, attribute):
                raise ImportError(
                    f"{name} has no {attribute} any more. Install the versions that pyproject.toml names."
                )


_check()
