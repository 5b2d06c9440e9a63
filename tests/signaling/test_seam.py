"""The seam to aiortc and aioice says at import what it misses, and does what it says to sockets."""

import socket

import pytest
from aiortc.rtcdtlstransport import RTCDtlsTransport

from signaling.errors import NegotiationError
from signaling.peer import seam
from signaling.peer.settings import IceServer, PeerSettings
from signaling.peer.way import Way


def test_a_missing_private_thing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of aiortc fails at import, with what to do, not in the middle of a recording."""
    monkeypatch.delattr(RTCDtlsTransport, "_set_role")
    with pytest.raises(ImportError, match=r"RTCDtlsTransport has no _set_role any more\. Install"):
        seam._check()


async def test_buffers_and_addresses() -> None:
    """Only the addresses that were asked for; buffers of the size that was asked for, as far as the kernel lets us."""
    way = Way(PeerSettings(host_addresses=("127.0.0.1",), udp_buffer_bytes=150_000), controlling=False)
    await way.gather()
    assert [c.split()[4] for c in way.local("passive").candidates] == ["127.0.0.1"]
    assert way.agent.enlarge_buffers(150_000) == 150_000
    (protocol,) = way.agent._protocols
    sock = protocol.transport.get_extra_info("socket")
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 300_000
    await way.close(dtls=True)


async def test_no_public_server_is_ever_asked() -> None:
    """Without servers in the settings there is neither STUN nor TURN."""
    way = Way(PeerSettings(host_addresses=("127.0.0.1",)), controlling=False)
    assert way.agent.stun_server is None
    assert way.agent.turn_server is None
    await way.close(dtls=True)


async def test_servers_of_the_settings() -> None:
    """The first STUN and the first TURN server; one that cannot be read is a sentence without its secret."""
    servers = (IceServer(("stun:192.0.2.1",)), IceServer(("turn:192.0.2.2:99?transport=tcp",), "user", "s3cret"))
    way = Way(PeerSettings(ice_servers=servers), controlling=False)
    assert way.agent.stun_server == ("192.0.2.1", 3478)
    assert (way.agent.turn_server, way.agent.turn_transport) == (("192.0.2.2", 99), "tcp")
    await way.close(dtls=True)
    with pytest.raises(NegotiationError) as caught:
        Way(PeerSettings(ice_servers=(IceServer(("http://192.0.2.2",), "user", "s3cret"),)), controlling=False)
    assert "s3cret" not in str(caught.value)


async def test_no_address_is_a_sentence() -> None:
    """Addresses that this machine does not have."""
    way = Way(PeerSettings(host_addresses=("192.0.2.250",)), controlling=False)
    with pytest.raises(NegotiationError, match="no network address"):
        await way.gather()
    await way.close(dtls=True)
