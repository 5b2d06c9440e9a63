"""Where a webhook may go: public addresses, and private networks that were allowed by name.

An address is judged twice: as it is written, so that whoever gave it learns at once what is wrong; and as a number, at
the moment of connecting, which a name that resolves differently the second time cannot get around.
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from yarl import URL

from bot.errors import ConfigurationError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_URL = 2048
WEB_PORTS = frozenset({80, 443})
FIRST_FREE_PORT = 1024  # below are mail, name and file servers, which understand enough of HTTP to be misused

_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\\]")
_NUMERIC_LABEL = re.compile(r"\d+|0[xX][0-9a-fA-F]*")  # the last label of what a resolver may read as an IPv4 address

# IPv6 ranges that carry an IPv4 address, and by how many bits it is shifted (RFC 6052, 3056, 4291).
_CARRIERS = (
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("::/96"), 0),
    (IPv6Network("2002::/16"), 80),
)
# Global in the tables of IANA, but no single public host: Teredo, local NAT64, 6to4's anycast, old site-local.
_NO_HOSTS = tuple(map(ip_network, ("2001::/32", "64:ff9b:1::/48", "192.88.99.0/24", "fec0::/10")))


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Raises ConfigurationError for what is no network."""
    found: list[Network] = []
    for text in texts:
        try:
            found.append(ip_network(text))
        except ValueError as error:
            raise ConfigurationError(
                f"webhook_networks has {text!r} in it, which is no network ({error}); write it like 10.0.0.0/8."
            ) from None
    return tuple(found)


def url_problem(url: str, allowed: Iterable[Network] = ()) -> str:
    """What is wrong with an address as it is written: a sentence, empty for nothing. Does not resolve names."""
    if len(url) > LONGEST_URL:
        return f"The webhook's address has {len(url)} characters; it may have {LONGEST_URL}."
    if _UNPRINTABLE.search(url):
        return "The webhook's address has a space, a backslash or a control character in it; encode it as %20."
    try:
        parsed = URL(url)
        host, port = parsed.raw_host or "", parsed.port
    except ValueError:
        return "The webhook's address is no URL; write it like https://server.example/hooks."
    if parsed.scheme not in {"http", "https"} or not host or not port:
        return "The webhook's address must begin with https:// or http:// and a host."
    if parsed.user is not None or parsed.password is not None:
        return "The webhook's address must not carry a user or a password; webhooks are signed instead."
    return _host_problem(host.removesuffix("."), port, tuple(allowed))


def _host_problem(host: str, port: int, allowed: tuple[Network, ...]) -> str:
    if "%" in host:
        return "The webhook's address must not have a zone in it."
    try:
        address = ip_address(host)
    except (AddressValueError, ValueError):
        if _NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]):
            return "The webhook's address has a number for a host; write four decimal numbers, like 203.0.113.7."
        return ""
    return refusal(address, port, allowed)


def refusal(address: Address, port: int, allowed: Iterable[Network] = ()) -> str:
    """Why nothing is sent to that address: a sentence, empty when it may be. `allowed` networks go before all else."""
    plain = _unmapped(address)
    if any(one in network for network in allowed for one in {address, plain} if one.version == network.version):
        return ""
    if not _is_public(plain):
        return f"Webhooks go to public addresses only, and {address} is none; webhook_networks allows private ones."
    if port < FIRST_FREE_PORT and port not in WEB_PORTS:
        return f"Webhooks don't go to port {port}; use 443, 80 or one from {FIRST_FREE_PORT}."
    return ""


def _unmapped(address: Address) -> Address:
    """::ffff:127.0.0.1 is 127.0.0.1 to the kernel."""
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _is_public(address: Address) -> bool:
    return all(_is_public_number(one) for one in _carried(address))


def _carried(address: Address) -> Iterator[Address]:
    """Itself, unless it is the form of an IPv4 address that says nothing of its own; and what it carries."""
    if isinstance(address, IPv6Address):
        for network, shift in _CARRIERS:
            if address in network:
                yield IPv4Address(int(address) >> shift & 0xFFFF_FFFF)
                return
    yield address


def _is_public_number(address: Address) -> bool:
    special = address.is_multicast or address.is_reserved or address.is_unspecified
    no_host = any(address in network for network in _NO_HOSTS if network.version == address.version)
    return address.is_global and not special and not no_host


def shown(url: str) -> str:
    """For logs: without path and query, which may hold a secret."""
    if _UNPRINTABLE.search(url):
        return "(no URL)"
    try:
        return str(URL(url[:LONGEST_URL]).origin())
    except ValueError:
        return "(no URL)"
