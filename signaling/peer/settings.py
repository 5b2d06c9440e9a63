"""What can be set on a peer connection."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server (RFC 7064, 7065). Of several, the first STUN and the first TURN server are used."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PeerSettings:
    host_addresses: tuple[str, ...] | None = None  # to gather on; None: every interface but loopback
    ice_servers: tuple[IceServer, ...] = ()  # empty: none; there is no public default
    udp_buffer_bytes: int = 4 << 20  # SO_RCVBUF of each socket; 256 KiB is 0.1 s of ten publishers
    connect_limit_s: float = 15.0  # for ICE and DTLS together
    silence_limit_s: float = 15.0  # nothing heard for so long, not even consent (every 5 s): lost
