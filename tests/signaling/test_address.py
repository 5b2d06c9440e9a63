"""The URLs of rooms."""

import pytest

from signaling.address import parse_address
from signaling.errors import AddressError


@pytest.mark.parametrize(
    ("url", "kind", "socket", "room", "pin"),
    [
        ("roomreel+ws://127.0.0.1:8080/rooms/abc", "roomreel", "ws://127.0.0.1:8080/rooms/abc", "abc", None),
        (
            "roomreel+wss://sfu.example/v2/rooms/a%20b",
            "roomreel",
            "wss://sfu.example/v2/rooms/a%20b",
            "a b",
            None,
        ),
        ("roomreel+ws://[::1]:9/rooms/x", "roomreel", "ws://[::1]:9/rooms/x", "x", None),
        ("ROOMREEL+WS://LOCALHOST/rooms/x", "roomreel", "ws://localhost/rooms/x", "x", None),
        ("janus+ws://10.0.0.1:8188/1234?pin=s3cret", "janus", "ws://10.0.0.1:8188/", "1234", "s3cret"),
        ("janus+ws://10.0.0.1/1234", "janus", "ws://10.0.0.1:8188/", "1234", None),
        ("janus+wss://h/janus/my-room?pin=a%26b", "janus", "wss://h:8989/janus", "my-room", "a&b"),
    ],
)
def test_rooms_have_urls(url: str, kind: str, socket: str, room: str, pin: str | None) -> None:
    """What is in a URL comes out; the WebSocket's URL has no secret."""
    address = parse_address(url)
    assert (address.kind, address.url, address.room, address.pin) == (kind, socket, room, pin)
    assert "s3cret" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://meet.example.org/room",
        "ws://h/rooms/x",
        "roomreel+http://h/rooms/x",
        "zoom+ws://h/rooms/x",
        "roomreel+ws:///rooms/x",
        "roomreel+ws://h/room/x",
        "roomreel+ws://h/rooms/",
        "roomreel+ws://h/rooms/x?token=s3cret",
        "roomreel+ws://user:s3cret@h/rooms/x",
        "roomreel+ws://h:99999/rooms/x",
        "roomreel+ws://h:port/rooms/x",
        "roomreel+ws://[::1/rooms/x",
        "roomreel+ws://h/rooms/x#s3cret",
        "roomreel+ws://h/rooms/a b",
        "roomreel+ws://h/rooms/" + "x" * 3000,
        "janus+ws://h:8188/",
        "janus+ws://h:8188",
        "janus+ws://h/1?pin=s3cret&pin=2",
        "janus+ws://h/1?pins=s3cret",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    """With a sentence, which holds no secret."""
    with pytest.raises(AddressError) as caught:
        parse_address(url)
    assert "s3cret" not in str(caught.value)
    assert str(caught.value).startswith("The room's URL")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("[::1]", True), ("10.0.0.1", False), ("h", False)],
)
def test_loopback_hosts(host: str, loopback: bool) -> None:
    """For those, media is received on loopback as well."""
    assert parse_address(f"roomreel+ws://{host}:1/rooms/x").is_loopback is loopback
