"""A bot without a mixer: joins a generated room and keeps the packets it gets, by track."""

import asyncio
import contextlib
import struct
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from signaling.event import RoomEvent
from signaling.media import PacketTransport, Section
from signaling.model import RoomState
from signaling.native.client import NativeClient
from signaling.native.message import Join
from signaling.peer.settings import PeerSettings


def number_of(packet: bytes) -> int:
    return int.from_bytes(packet[2:4], "big")


async def until(condition: Callable[[], bool]) -> None:
    """Raises TimeoutError after 10 s."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - conditions of all kinds, in tests only
            await asyncio.sleep(0.02)


@dataclass
class Audience:
    """A `PacketReceiver` and all its sinks in one. `nack` and `ask_keyframe` answer on the connection of a track."""

    packets: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    reports: dict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    goodbyes: set[int] = field(default_factory=set)
    events: list[RoomEvent] = field(default_factory=list)
    closed: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    _ways: dict[str, tuple[PacketTransport, int]] = field(default_factory=dict)

    def open(self, transport: PacketTransport) -> "Seat":
        return Seat(self, transport)

    def nack(self, track: str, sequence: int) -> None:
        transport, ssrc = self._ways[track]
        transport.send_rtcp(struct.pack(">BBHIIHH", 0x81, 205, 3, 1, ssrc, sequence, 0))

    def ask_keyframe(self, track: str) -> None:
        transport, ssrc = self._ways[track]
        transport.send_rtcp(struct.pack(">BBHII", 0x81, 206, 2, 1, ssrc))

    async def wait_for(self, track: str, count: int) -> list[bytes]:
        """The packets of a track as soon as there are so many."""
        await until(lambda: len(self.packets[track]) >= count)
        return self.packets[track]

    def missing(self, track: str) -> list[int]:
        """Numbers of packets that came neither at first nor again."""
        came = [number_of(packet) for packet in self.packets[track]]
        came += [int.from_bytes(packet[20:22], "big") for packet in self.packets[f"{track} again"]]
        first = came[0] if came else 0
        offsets = {(number - first) % 65_536 for number in came}
        return [(first + offset) % 65_536 for offset in range(max(offsets, default=0)) if offset not in offsets]


class Seat:
    """The sink of one connection."""

    def __init__(self, audience: Audience, transport: PacketTransport) -> None:
        self._audience, self._transport = audience, transport
        self._tracks: dict[int, str] = {}

    def bind(self, sections: Sequence[Section]) -> None:
        for section in sections:
            for ssrc in section.ssrcs:
                if section.track is not None:
                    self._tracks[ssrc] = section.track
                    self._audience._ways[section.track] = self._transport, ssrc
            for repair, media in section.repairs.items():
                if section.track is not None and media in self._tracks:
                    self._tracks[repair] = f"{section.track} again"

    def on_rtp(self, packet: bytes, arrival_ns: int) -> None:
        track = self._tracks.get(int.from_bytes(packet[8:12], "big"), "unknown")
        self._audience.packets[track].append(packet)

    def on_rtcp(self, packet: bytes, arrival_ns: int) -> None:
        ssrc = int.from_bytes(packet[4:8], "big")
        if packet[1] == 200:
            self._audience.reports[ssrc].append(packet)
        elif packet[-7] == 203:
            self._audience.goodbyes.add(ssrc)

    def close(self) -> None:
        self._audience.closed += 1


@contextlib.asynccontextmanager
async def attend(url: str, token: str = "") -> AsyncIterator[tuple[Audience, NativeClient, RoomState]]:
    """Joined inside; left at the end."""
    audience = Audience()
    join = Join(1, "recording", 1, "test", token=token)
    peer = PeerSettings(host_addresses=("127.0.0.1",))
    client = NativeClient(url.removeprefix("roomreel+"), join, receiver=audience, peer=peer)

    async def follow() -> None:
        async for event in client.events():
            audience.events.append(event)
        audience.ended.set()

    state = await client.join()
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(follow())
        try:
            yield audience, client, state
        finally:
            await client.leave()
            following.cancel()
