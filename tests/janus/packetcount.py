"""A receiver that counts: which track had how many packets, and when the last."""

import time
from collections import Counter
from collections.abc import Sequence

from signaling.media import PacketSink, PacketTransport, Section


class PacketCount:
    """A PacketReceiver. `packets` by track id; `open_connections` are those not closed yet."""

    def __init__(self) -> None:
        self.packets: Counter[str] = Counter()
        self.codecs: dict[str, set[str]] = {}
        self.last: dict[str, float] = {}  # time.monotonic
        self.unknown = 0  # packets of no track
        self.open_connections: set[str] = set()

    def open(self, transport: PacketTransport) -> PacketSink:
        self.open_connections.add(transport.id)
        return _Sink(self, transport.id)


class _Sink:
    def __init__(self, owner: PacketCount, name: str) -> None:
        self._owner = owner
        self._name = name
        self._tracks: dict[int, str] = {}

    def bind(self, sections: Sequence[Section]) -> None:
        self._tracks = {ssrc: s.track for s in sections if s.track for ssrc in (*s.ssrcs, *s.repairs)}
        for section in sections:
            if section.track:
                self._owner.codecs[section.track] = {codec.name for codec in section.codecs.values()}

    def on_rtp(self, packet: bytes, arrival_ns: int) -> None:
        track = self._tracks.get(int.from_bytes(packet[8:12], "big"))
        if track is None:
            self._owner.unknown += 1
            return
        self._owner.packets[track] += 1
        self._owner.last[track] = time.monotonic()

    def on_rtcp(self, packet: bytes, arrival_ns: int) -> None:
        pass

    def close(self) -> None:
        self._owner.open_connections.discard(self._name)
