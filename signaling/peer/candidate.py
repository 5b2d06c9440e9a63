"""The other side's ICE candidates: which of them can be used."""

import ipaddress

from aioice.candidate import Candidate

_TYPES = frozenset({"host", "srflx", "prflx", "relay"})


def parse_candidate(text: str) -> Candidate | None:
    """From SDP or trickled, with or without "a=" and "candidate:". None for what we have no use for: TCP, a second
    component, host names (mDNS too: a recorder asks nobody by multicast), and what is no candidate."""
    try:
        candidate = Candidate.from_sdp(text.removeprefix("a=").removeprefix("candidate:"))
        ipaddress.ip_address(candidate.host)
    except ValueError:
        return None
    usable = (
        candidate.component == 1
        and candidate.transport.lower() == "udp"
        and candidate.type in _TYPES
        and 0 < candidate.port < 65536
        and 0 <= candidate.priority < 1 << 32
    )
    return candidate if usable else None
