"""The client that fits a room's address."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from signaling.address import Address
from signaling.client import RoomClient
from signaling.janus.client import JanusClient
from signaling.janus.settings import JanusSettings
from signaling.media import PacketReceiver
from signaling.native.client import NativeClient
from signaling.native.message import Join
from signaling.peer.settings import PeerSettings


@dataclass(frozen=True, slots=True)
class ClientSettings:
    recording: str  # its id, and which part of it this process writes: of two bots in a room the higher part wins
    part: int = 1
    client: str = "roomreel"  # for the server's logs
    peer: PeerSettings = field(default_factory=PeerSettings)
    janus: JanusSettings = field(default_factory=JanusSettings)


def make_client(
    address: Address, *, token: str | None, receiver: PacketReceiver, settings: ClientSettings
) -> RoomClient:
    """A new client; single use."""
    return _CLIENTS[address.kind](address, token, receiver, settings)


def _native(address: Address, token: str | None, receiver: PacketReceiver, settings: ClientSettings) -> RoomClient:
    peer = settings.peer
    if address.is_loopback and peer.host_addresses is None:
        peer = replace(peer, host_addresses=("::1", "127.0.0.1") if ":" in address.host else ("127.0.0.1",))
    join = Join(1, settings.recording, settings.part, settings.client, token=token or "")
    return NativeClient(address.url, join, receiver=receiver, peer=peer)


def _janus(address: Address, token: str | None, receiver: PacketReceiver, settings: ClientSettings) -> RoomClient:
    # Janus never uses loopback, so neither do we, even when its WebSocket is there.
    return JanusClient(
        address.url,
        address.room,
        pin=address.pin,
        token=token,
        receiver=receiver,
        peer=settings.peer,
        settings=settings.janus,
    )


_CLIENTS: dict[str, Callable[[Address, str | None, PacketReceiver, ClientSettings], RoomClient]] = {
    "roomreel": _native,
    "janus": _janus,
}
