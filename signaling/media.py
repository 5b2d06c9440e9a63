"""Where packets cross from the peer connections of `signaling` to whoever receives them.

A connection is opened towards a `PacketReceiver`, which answers with a `PacketSink` for it. The sink gets every RTP and
RTCP packet after SRTP, and the sections (m-lines) as last negotiated. All calls are made on the event loop's thread.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from signaling.model import TrackKind


@dataclass(frozen=True, slots=True)
class CodecParameters:
    """One payload type as negotiated (RFC 8866 rtpmap, fmtp, rtcp-fb)."""

    name: str  # upper case: VP8, VP9, H264, AV1, OPUS, PCMU, PCMA, G722, RTX, RED, ULPFEC, TELEPHONE-EVENT
    clock_rate: int
    channels: int = 1
    parameters: Mapping[str, str] = field(default_factory=dict)  # fmtp; RTX has "apt"
    feedback: tuple[str, ...] = ()  # "nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"


@dataclass(frozen=True, slots=True)
class Section:
    """One m-line the remote side may send on, bound to the track it carries (None: nothing is sent there now)."""

    mid: str
    kind: TrackKind
    track: str | None
    participant: str | None  # identity; tracks of one participant share a capture clock
    codecs: Mapping[int, CodecParameters]  # by payload type
    ssrcs: tuple[int, ...] = ()  # media SSRCs from a=ssrc, empty when the offer names none
    repairs: Mapping[int, int] = field(default_factory=dict)  # RTX SSRC -> media SSRC (ssrc-group FID)
    extensions: Mapping[int, str] = field(default_factory=dict)  # header extension id -> URI (RFC 8285)


class PacketTransport(Protocol):
    """The way back over one connection."""

    @property
    def id(self) -> str:
        """For logs; unique within one recording."""

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send one compound packet (RFC 3550, 4585). Dropped silently when the connection is not up: RTCP
        is repeated."""


class PacketSink(Protocol):
    """One connection's receiver. Must not raise: what it cannot parse it counts."""

    def bind(self, sections: Sequence[Section]) -> None:
        """After every negotiation, before the first packet of what is new in it. Always the full list."""

    def on_rtp(self, packet: bytes, arrival_ns: int) -> None:
        """`arrival_ns` is `time.monotonic_ns()`."""

    def on_rtcp(self, packet: bytes, arrival_ns: int) -> None: ...

    def close(self) -> None:
        """The connection is gone. Idempotent."""


class PacketReceiver(Protocol):
    def open(self, transport: PacketTransport) -> PacketSink: ...
