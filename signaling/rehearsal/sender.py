"""One track's way out to one bot: RTP packets with numbers of their own, a history for NACKs, sender reports.

Pure: it makes packets and is told the time; who sends them is the caller's matter.
"""

import struct
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from signaling.rehearsal.encoding import SOUND_ENCODERS, SoundCodec, VideoCodec
from signaling.rehearsal.packetise import FrameInfo, packetise, redundant
from signaling.rehearsal.report import goodbye, ntp_time, sender_report
from signaling.rehearsal.rhythm import SECOND_NS

HISTORY_NS = 3 * SECOND_NS
HISTORY_PACKETS = 8_192  # oldest go first
VIDEO_CLOCK = 90_000


@dataclass(slots=True)
class TransportNumbers:
    """Transport-wide sequence numbers, one count for all tracks of a connection."""

    next: int = 0

    def take(self) -> int:
        number = self.next
        self.next = number + 1 & 0xFFFF
        return number


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """What is negotiated for a track, and where its numbers begin. `repairs`: payload type -> RTX payload type."""

    ssrc: int
    mid: str
    name: str  # CNAME: one a participant
    repair_ssrc: int | None = None
    repairs: Mapping[int, int] = field(default_factory=dict)
    mid_extension: int | None = None
    transport_extension: int | None = None
    first_sequence: int = 0
    first_timestamp: int = 0


@dataclass(slots=True)
class SenderCounters:
    packets: int = 0
    octets: int = 0
    resent: int = 0
    not_kept: int = 0  # asked for again, but older than the history
    frames: int = 0
    keyframes: int = 0


class TrackSender:
    """`capture_ns` below is time on the participant's own clock, of which RTP timestamps and sender reports tell."""

    def __init__(self, settings: SenderSettings, transport: TransportNumbers) -> None:
        self.settings = settings
        self.counters = SenderCounters()
        self._transport = transport
        self._sequence = settings.first_sequence & 0xFFFF
        self._repair_sequence = settings.first_sequence * 7 & 0xFFFF
        self._picture = settings.first_sequence & 0x7FFF
        self._clock_rate = VIDEO_CLOCK
        self._history: dict[int, bytes] = {}
        self._ages: deque[tuple[int, int]] = deque()
        self._payloads: deque[bytes] = deque(maxlen=3)

    def video(
        self, codec: VideoCodec, payload_type: int, frame: bytes, info: FrameInfo, capture_ns: int
    ) -> list[bytes]:
        """The packets of one frame. `info.picture` is replaced: pictures are counted for each receiver."""
        self._clock_rate = VIDEO_CLOCK
        counted = FrameInfo(self._picture, info.keyframe, info.width, info.height)
        self._picture = self._picture + 1 & 0x7FFF
        *others, last = packetise(codec, frame, counted)
        self.counters.frames += 1
        self.counters.keyframes += info.keyframe
        packets = [self._packet(payload_type, payload, False, capture_ns) for payload in others]
        return [*packets, self._packet(payload_type, last, True, capture_ns)]

    def sound(
        self, codec: SoundCodec, payload_type: int, payload: bytes, capture_ns: int, red: tuple[int, int] | None = None
    ) -> list[bytes]:
        """One packet. `red`: RED's payload type, and how many earlier payloads to repeat."""
        self._clock_rate = SOUND_ENCODERS[codec].clock_rate
        self.counters.frames += 1
        first = self.counters.packets == 0
        if red is None:
            return [self._packet(payload_type, payload, first, capture_ns)]
        repeated = tuple(self._payloads)[-red[1] :]
        self._payloads.append(payload)
        body = redundant((*repeated, payload), payload_type, self._clock_rate // 50)
        return [self._packet(red[0], body, first, capture_ns)]

    def pause(self) -> None:
        """After a pause nothing earlier is repeated (RED)."""
        self._payloads.clear()

    def again(self, sequence: int) -> bytes | None:
        """The packet for a NACK: by RTX where there is RTX (RFC 4588), else as it was. None when it is not kept."""
        packet = self._history.get(sequence)
        if packet is None:
            self.counters.not_kept += 1
            return None
        self.counters.resent += 1
        repair = self.settings.repairs.get(packet[1] & 0x7F)
        if repair is None or self.settings.repair_ssrc is None:
            return packet
        start = 12 + (4 + 4 * int.from_bytes(packet[14:16], "big") if packet[0] & 0x10 else 0)
        self._repair_sequence = self._repair_sequence + 1 & 0xFFFF
        head = struct.pack(
            ">BBHII",
            0x90 if packet[0] & 0x10 else 0x80,
            packet[1] & 0x80 | repair,
            self._repair_sequence,
            int.from_bytes(packet[4:8], "big"),
            self.settings.repair_ssrc,
        )
        return head + self._extensions() + packet[2:4] + packet[start:]

    def report(self, capture_ns: int, epoch_ns: int) -> bytes:
        """SR for the instant `capture_ns`. `epoch_ns`: the wall clock (Unix) at which the participant's clock is 0."""
        return sender_report(
            self.settings.ssrc,
            self.settings.name,
            ntp=ntp_time(epoch_ns + capture_ns),
            timestamp=self._timestamp(capture_ns),
            packets=self.counters.packets,
            octets=self.counters.octets,
        )

    def goodbye(self) -> bytes:
        return goodbye(self.settings.ssrc, self.settings.name)

    def _packet(self, payload_type: int, payload: bytes, marker: bool, capture_ns: int) -> bytes:
        sequence = self._sequence
        self._sequence = sequence + 1 & 0xFFFF
        extensions = self._extensions()
        head = struct.pack(
            ">BBHII",
            0x90 if extensions else 0x80,
            (0x80 if marker else 0) | payload_type,
            sequence,
            self._timestamp(capture_ns),
            self.settings.ssrc,
        )
        packet = head + extensions + payload
        self.counters.packets += 1
        self.counters.octets += len(payload)
        self._keep(sequence, packet, capture_ns)
        return packet

    def _timestamp(self, capture_ns: int) -> int:
        return self.settings.first_timestamp + capture_ns * self._clock_rate // SECOND_NS & 0xFFFFFFFF

    def _extensions(self) -> bytes:
        """One-byte header extensions (RFC 8285): MID and the transport-wide number."""
        settings, body = self.settings, b""
        if settings.mid_extension is not None:
            mid = settings.mid.encode()
            body += bytes((settings.mid_extension << 4 | len(mid) - 1,)) + mid
        if settings.transport_extension is not None:
            body += bytes((settings.transport_extension << 4 | 1,)) + self._transport.take().to_bytes(2, "big")
        if not body:
            return b""
        body += b"\0" * (-len(body) % 4)
        return b"\xbe\xde" + (len(body) // 4).to_bytes(2, "big") + body

    def _keep(self, sequence: int, packet: bytes, capture_ns: int) -> None:
        self._history[sequence] = packet
        self._ages.append((sequence, capture_ns))
        while len(self._ages) > HISTORY_PACKETS or self._ages[0][1] < capture_ns - HISTORY_NS:
            self._history.pop(self._ages.popleft()[0], None)
