"""Where a room is: the URLs a bot can be given."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from signaling.errors import AddressError

_LENGTH_LIMIT = 2_000
_FORMS = "roomreel+ws://HOST/rooms/ROOM or janus+ws://HOST:8188/ROOM?pin=PIN (+wss with TLS)"


@dataclass(frozen=True, slots=True)
class Address:
    kind: str  # roomreel, janus
    url: str  # of the WebSocket; holds no secret
    host: str
    room: str
    pin: str | None = field(default=None, repr=False)

    @property
    def is_loopback(self) -> bool:
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_address(url: str) -> Address:
    """Raises AddressError, whose text never repeats the URL: it may hold a pin."""
    if len(url) > _LENGTH_LIMIT or any(character <= " " or character == "\x7f" for character in url):
        raise AddressError("The room's URL is too long, or has spaces or control characters in it.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressError(f"The room's URL cannot be read. A URL is {_FORMS}.") from None
    kind, plus, transport = parts.scheme.partition("+")
    if not plus or kind not in _KINDS or transport not in ("ws", "wss"):
        raise AddressError(f"The room's URL is of a kind that is not known. A URL is {_FORMS}.")
    if not parts.hostname:
        raise AddressError(f"The room's URL names no host. A URL is {_FORMS}.")
    if parts.username is not None or parts.password is not None:
        raise AddressError("The room's URL must not hold a user name or password. Give a token by --token.")
    if parts.fragment:
        raise AddressError('The room\'s URL must not have a "#" in it; write it as %23.')
    return _KINDS[kind](parts, transport, port)


def _native(parts: SplitResult, transport: str, port: int | None) -> Address:
    folder, _, room = parts.path.rpartition("/")
    if not room or folder.rpartition("/")[2] != "rooms":
        raise AddressError("The room's URL must end in /rooms/ROOM.")
    if parts.query:
        raise AddressError("The room's URL must not have parameters. Give a token by --token.")
    host = parts.hostname or ""
    return Address("roomreel", f"{transport}://{_authority(host, port)}{parts.path}", host, unquote(room))


def _janus(parts: SplitResult, transport: str, port: int | None) -> Address:
    folder, _, room = parts.path.rpartition("/")
    if not room:
        raise AddressError("The room's URL must name the room: janus+ws://HOST:8188/ROOM.")
    parameters = parse_qsl(parts.query, keep_blank_values=True)
    if len(parameters) > 1 or any(name != "pin" for name, _ in parameters):
        raise AddressError("The room's URL has a parameter that is not known; only ?pin=PIN is.")
    host = parts.hostname or ""
    authority = _authority(host, port or {"ws": 8188, "wss": 8989}[transport])
    pin = parameters[0][1] if parameters else None
    return Address("janus", f"{transport}://{authority}{folder or '/'}", host, unquote(room), pin)


def _authority(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{port}" if port else name


_KINDS: dict[str, Callable[[SplitResult, str, int | None], Address]] = {"roomreel": _native, "janus": _janus}
