"""What can be set on a peer connection."""

import re
from dataclasses import dataclass, field

# What can be used of RFC 7064 and 7065: names and IPv4 addresses.
ICE_URL = re.compile(
    r"stun:[^?:\s]+(:\d{1,5})?|turn:[^?:\s]+(:\d{1,5})?(\?transport=(udp|tcp))?|turns:[^?:\s]+(:\d{1,5})?(\?transport=tcp)?"
)


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
