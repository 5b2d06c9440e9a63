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
        self.sizes: dict[str, tuple[int, int]] = {}  # of the last VP8 keyframe
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
        if "VP8" in self._owner.codecs[track] and (size := vp8_keyframe_size(packet)):
            self._owner.sizes[track] = size

    def on_rtcp(self, packet: bytes, arrival_ns: int) -> None:
        pass

    def close(self) -> None:
        self._owner.open_connections.discard(self._name)


def vp8_keyframe_size(packet: bytes) -> tuple[int, int] | None:
    """Width and height, when this RTP packet begins a keyframe (RFC 7741 section 4, RFC 6386 section 9.1)."""
    at = 12 + 4 * (packet[0] & 15)
    if packet[0] & 16:
        at += 4 + 4 * int.from_bytes(packet[at + 2 : at + 4], "big")
    if at >= len(packet) or packet[at] & 0x1F != 0x10:  # not the start of the first partition
        return None
    extended, at = packet[at] & 0x80, at + 1
    if extended:
        flags, at = packet[at], at + 1
        if flags & 0x80:
            at += 2 if packet[at] & 0x80 else 1
        at += bool(flags & 0x40) + bool(flags & 0x30)
    header = packet[at : at + 10]
    if len(header) < 10 or header[0] & 1 or header[3:6] != b"\x9d\x01\x2a":
        return None
    return int.from_bytes(header[6:8], "little") & 0x3FFF, int.from_bytes(header[8:10], "little") & 0x3FFF
