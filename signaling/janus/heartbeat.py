"""Hears whether packets still come over one connection, on the way to the receiver."""

from collections.abc import Sequence

from signaling.media import PacketReceiver, PacketSink, PacketTransport, Section


class Heartbeat:
    """A PacketReceiver in front of another. Janus does not tell when a publisher left and came back under the same id:
    all that shows it is a connection that had packets and has none any more."""

    def __init__(self, receiver: PacketReceiver) -> None:
        self._receiver = receiver
        self.last_ns: int | None = None  # time.monotonic_ns of the last RTP packet

    def open(self, transport: PacketTransport) -> PacketSink:
        return _HeartbeatSink(self, self._receiver.open(transport))

    def stalled(self, now_ns: int, after_ns: int) -> bool:
        """Had packets once, and none for `after_ns`."""
        return self.last_ns is not None and now_ns - self.last_ns >= after_ns


class _HeartbeatSink:
    def __init__(self, heartbeat: Heartbeat, sink: PacketSink) -> None:
        self._heartbeat = heartbeat
        self._sink = sink

    def bind(self, sections: Sequence[Section]) -> None:
        self._sink.bind(sections)

    def on_rtp(self, packet: bytes, arrival_ns: int) -> None:
        self._heartbeat.last_ns = arrival_ns
        self._sink.on_rtp(packet, arrival_ns)

    def on_rtcp(self, packet: bytes, arrival_ns: int) -> None:
        self._sink.on_rtcp(packet, arrival_ns)

    def close(self) -> None:
        self._sink.close()
