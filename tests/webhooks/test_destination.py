"""Where a webhook may go."""

from ipaddress import ip_address

import pytest

from bot.errors import ConfigurationError
from bot.service.webhooks.destination import parse_networks, refusal, shown, url_problem

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:a00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "2001:0:7f00:1::1",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    """Not one that is private, local, multicast or a disguise of such: neither as a number nor written in a URL."""
    assert "public" in refusal(ip_address(address), 443)
    host = f"[{address}]" if ":" in address else address
    assert "public" in url_problem(f"https://{host}/hooks")


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_public_addresses(address: str) -> None:
    """They may be reached, also over a translation to IPv6."""
    assert refusal(ip_address(address), 443) == ""


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "1.2.3.4.5", "\uff11\uff12\uff17.0.0.1",
     "\u246027.0.0.1", "[fe80::1%25eth0]", "127.0.0.0x1"],
)  # fmt: skip
def test_other_ways_to_write_an_address(host: str) -> None:
    """What a resolver would read as a number is refused as it is written, and so is a zone."""
    assert url_problem(f"https://{host}/hooks")


@pytest.mark.parametrize(
    "url",
    ["ftp://server.example/", "https://", "https:///x", "//server.example/", "server.example", "https://ann@server.example/",
     "https://ann:secret@server.example/", "https://server.example:99999/", "https://server.example:0/",
     "https://server.example/\r\nX: y", "https://server.example\\@127.0.0.1/", "https://server .example/",
     "https://[::1", "https://server.example/" + "x" * 3000],
)  # fmt: skip
def test_addresses_that_are_none(url: str) -> None:
    """A sentence that ends in a full stop, and no secret in it."""
    problem = url_problem(url)
    assert problem.endswith(".")
    assert "secret" not in problem


def test_names_are_fine_as_they_are_written() -> None:
    """What they resolve to is looked at when it is connected to."""
    assert url_problem("https://server.example/hooks?key=1") == ""
    assert url_problem("http://1password.example:8080/") == ""
    assert url_problem("https://bücher.example/") == ""


def test_ports_of_other_services() -> None:
    """No mail server is spoken to."""
    assert "port 25" in refusal(ip_address("8.8.8.8"), 25)
    assert refusal(ip_address("8.8.8.8"), 8443) == ""


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "fd00::5"])
def test_allowed_networks(address: str) -> None:
    """An allowed network goes before all rules, on any port, and however its address is written."""
    allowed = parse_networks(["127.0.0.0/8", "fd00::/64"])
    assert refusal(ip_address(address), 25, allowed) == ""
    assert refusal(ip_address("10.0.0.1"), 443, allowed)
    assert refusal(ip_address("fd00:0:0:1::5"), 443, allowed)


def test_networks_that_are_none() -> None:
    """Named, with how to write one."""
    with pytest.raises(ConfigurationError, match=r"10\.0\.0\.1/8.*10\.0\.0\.0/8"):
        parse_networks(["10.0.0.1/8"])


def test_what_a_log_shows_of_an_address() -> None:
    """Neither path nor query nor password nor a new line."""
    assert shown("https://ann:pw@server.example:8443/hooks/T0K?key=secret") == "https://server.example:8443"
    assert shown("https://server.example\nrecording stopped") == "(no URL)"
    assert shown("nothing") == "(no URL)"
