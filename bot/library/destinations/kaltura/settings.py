"""What a Kaltura destination is told, from its address and its secret."""

import ipaddress
from dataclasses import dataclass, field

from yarl import URL

from bot.errors import ConfigurationError
from bot.library.destinations.address import Target

MIB = 1 << 20
PART_MIB = 16  # 24 hours at 4 Mbps are 2,600 of them; what must be sent again after a cut is at most one


@dataclass(frozen=True, slots=True)
class KalturaSettings:
    """Times in seconds. `slowest_bytes_s`: an upload that gets less than this through is broken off."""

    server: URL
    partner: int
    secret: str = field(repr=False)
    identity: str | None = None  # whom sessions are for; None: the recording's owner
    part_bytes: int = PART_MIB * MIB
    connect_s: float = 20.0
    patience_s: float = 60.0  # for an answer
    last_patience_s: float = 240.0  # for the answer to a file's last part: servers were seen to take 45
    slowest_bytes_s: int = 32 << 10
    settle_s: float = 300.0  # until its search shows an entry that was added without an answer
    waits_s: tuple[float, ...] = (0.5, 2.0, 8.0, 20.0)  # before a part is sent again; progress begins them anew


def settings_from(target: Target, secret: str) -> KalturaSettings:
    """Raises ConfigurationError for an address or a secret that cannot work."""
    server = URL(target.place)
    if not secret:
        raise ConfigurationError(
            f"The destination {target.name!r} needs the partner's admin secret; set kaltura_secret"
            " (better as ROOMREEL_KALTURA_SECRET than in a file)."
        )
    if server.scheme != "https" and not is_loopback(server.host or ""):
        raise ConfigurationError(
            f"The destination {target.name!r} would send the partner's secret unencrypted; write kaltura+https://."
        )
    return KalturaSettings(
        server=server / target.path if target.path else server,
        partner=int(target.options["partner"]),
        secret=secret,
        identity=target.options.get("user"),
        part_bytes=int(target.options.get("part_mib", PART_MIB)) * MIB,
    )


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
