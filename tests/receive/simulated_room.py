"""A room in virtual time: senders, a bad network both ways, and the receive path, with nothing real but the code."""

import heapq
import itertools
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from bot.receive import Receiver, ReceiveSettings
from bot.receive.rtcp import Bandwidth, FullIntra, Nack, PictureLoss, ReceiverReport, SenderReport, parse_rtcp
from bot.receive.rtcp_writer import description, sender_report
from bot.receive.transport_feedback import TransportFeedback
from mixer.frame import EncodedFrame
from signaling.media import CodecParameters, Section
from signaling.model import TrackKind

MS = 1_000_000
SECOND = 1_000 * MS
START = 777 * SECOND  # local monotonic time at which a simulation begins: not zero, so that nobody leans on it

VP8 = CodecParameters("VP8", 90000, feedback=("nack", "nack pli"))
OPUS = CodecParameters("OPUS", 48000, 2, {"useinbandfec": "1"}, ("nack",))


def rtp(  # noqa: PLR0917
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    marker: bool = False,
    extensions: dict[int, bytes] | None = None,
) -> bytes:
    head = struct.pack(
        "!BBHII",
        0x90 if extensions else 0x80,
        payload_type | marker << 7,
        sequence & 0xFFFF,
        timestamp & 0xFFFFFFFF,
        ssrc,
    )
    if extensions:
        body = b"".join(bytes([number << 4 | len(value) - 1]) + value for number, value in extensions.items())
        body += bytes(-len(body) % 4)
        head += struct.pack("!HH", 0xBEDE, len(body) // 4) + body
    return head + payload


def vp8_payloads(number: int, *, keyframe: bool, packets: int, size: int = 1000) -> list[bytes]:
    """One VP8 frame as RTP payloads; its data says which frame it is and shows when a part is missing."""
    parts = []
    for index in range(packets):
        descriptor = bytes([0x90 if index == 0 else 0x80, 0x80]) + struct.pack("!H", 0x8000 | number & 0x7FFF)
        body = struct.pack("!IHH", number, index, packets)
        if index == 0:
            body = bytes([0x10 if keyframe else 0x11, 0, 0]) + body
        parts.append(descriptor + body + bytes(size - len(body)))
    return parts


def vp8_frame(number: int, *, keyframe: bool, packets: int, size: int = 1000) -> bytes:
    """What the depayloader must make of `vp8_payloads`."""
    return b"".join(part[4:] for part in vp8_payloads(number, keyframe=keyframe, packets=packets, size=size))


def frame_number(frame: EncodedFrame) -> int:
    return int(struct.unpack_from("!I", frame.data, 3)[0])


@dataclass
class Network:
    """One direction. `loss` is a share; `burst` the mean length of a burst of losses (1: independent)."""

    loss: float = 0.0
    burst: float = 1.0
    delay_ms: float = 10.0
    jitter_ms: float = 0.0
    duplicate: float = 0.0
    down: tuple[tuple[float, float], ...] = ()  # seconds since the start
    _bad: bool = False

    def deliver(self, now: int, random: Random) -> list[int]:
        """When a packet sent now arrives: nothing, once, or twice."""
        seconds = (now - START) / SECOND
        if any(begin <= seconds < end for begin, end in self.down):
            return []
        if self.burst > 1:
            leave = 1 / self.burst
            enter = leave * self.loss / (1 - self.loss)
            self._bad = random.random() >= leave if self._bad else random.random() < enter
            lost = self._bad
        else:
            lost = random.random() < self.loss
        if lost:
            return []
        copies = 2 if random.random() < self.duplicate else 1
        return [now + int((self.delay_ms + random.random() * self.jitter_ms) * MS) for _ in range(copies)]


@dataclass
class Sender:
    """One track. The times of its clock: `rate` RTP units a second of its own clock, which runs `ppm` fast."""

    room: "SimulatedRoom"
    track: str
    participant: str
    ssrc: int
    payload_type: int
    rate: int
    interval_ns: int  # between frames
    timestamp: int = 0  # of the first frame
    sequence: int = 0
    ppm: float = 0.0
    late_ms: float = 0.0  # from capture to sending
    ntp_base: int = 3_900_000_000 * SECOND  # the sender's wall clock at the start, ns
    report_after_s: float = 0.5
    report_every_s: float = 5.0
    keyframe_packets: int = 12
    packets: int = 3
    keyframe_every: int = 10_000
    muted: tuple[tuple[float, float], ...] = ()
    number: int = 0
    keyframe_wanted: bool = True
    history: dict[int, bytes] = field(default_factory=dict)
    captured: dict[int, int] = field(default_factory=dict)  # frame number -> true local capture time
    sent: list[int] = field(default_factory=list)
    keyframes: set[int] = field(default_factory=set)
    plis: int = 0
    nacks: int = 0

    def own_ns(self, now: int) -> int:
        """Time since the start on the sender's clock."""
        return int((now - START) * (1 + self.ppm * 1e-6))

    def media(self, now: int) -> int:
        return self.timestamp + self.own_ns(now) * self.rate // SECOND

    def capture(self, now: int) -> None:
        seconds = (now - START) / SECOND
        if not any(begin <= seconds < end for begin, end in self.muted):
            self.captured[self.number] = now
            self.sent.append(self.number)
            timestamp = self.media(now)
            payloads = self.payloads()
            self.room.at(now + int(self.late_ms * MS), lambda at: self.send(at, timestamp, payloads))
            self.number += 1
        self.room.at(now + self.interval_ns, self.capture)

    def payloads(self) -> list[bytes]:
        if self.rate == 48000:
            return [bytes([0xFC]) + struct.pack("!xxI", self.number) + bytes(80)]
        keyframe = self.keyframe_wanted or self.number % self.keyframe_every == 0
        self.keyframe_wanted = False
        if keyframe:
            self.keyframes.add(self.number)
        packets = self.keyframe_packets if keyframe else self.packets
        return vp8_payloads(self.number, keyframe=keyframe, packets=packets)

    def send(self, now: int, timestamp: int, payloads: list[bytes]) -> None:
        for index, payload in enumerate(payloads):
            last = index == len(payloads) - 1
            packet = rtp(self.payload_type, self.sequence, timestamp, self.ssrc, payload, last and self.rate != 48000)
            self.history[self.sequence & 0xFFFF] = packet
            self.sequence += 1
            self.room.send(now + index * 200_000, packet)

    def report(self, now: int) -> None:
        ntp = ((self.ntp_base + self.own_ns(now)) << 32) // SECOND
        report = SenderReport(self.ssrc, ntp, self.media(now) & 0xFFFFFFFF, 0, 0)
        self.room.send(now, sender_report(report) + description(self.ssrc, "somebody"), rtcp=True)
        self.room.at(now + int(self.report_every_s * SECOND), self.report)


class SimulatedRoom:
    """`send_rtcp` and `id` make it the connection's transport. `network` makes each direction; `down` is another one
    for what the bot receives."""

    id = "simulated"

    def __init__(
        self,
        *,
        seed: int = 1,
        network: Callable[[], Network] | None = None,
        down: Network | None = None,
        settings: ReceiveSettings | None = None,
    ) -> None:
        self.random = Random(seed)
        self.now = START
        make = network or Network
        self.down = down or make()
        self.up = make()
        self.frames: dict[str, list[EncodedFrame]] = {}
        self.out_at: dict[str, list[int]] = {}
        self.senders: list[Sender] = []
        self.feedback: list[object] = []
        self.late: list[int] = []  # by how much frames came after the time they had to be there
        self._events: list[tuple[int, int, Callable[[int], None]]] = []
        self._order = itertools.count()
        self.settings = settings or ReceiveSettings()
        self.receiver = Receiver(START, self._on_frame, self.settings)
        self.sink = self.receiver.open(self)

    def add(self, track: str, participant: str, *, video: bool, **options: object) -> Sender:
        index = len(self.senders)
        usual = (
            {"payload_type": 96, "rate": 90000, "interval_ns": SECOND // 30}
            if video
            else {"payload_type": 111, "rate": 48000, "interval_ns": SECOND // 50}
        )
        sender = Sender(self, track, participant, 1000 + index, **(usual | options))  # type: ignore[arg-type]
        self.senders.append(sender)
        self.at(START + index * 3 * MS, sender.capture)
        self.at(START + int(sender.report_after_s * SECOND), sender.report)
        return sender

    def sections(self) -> list[Section]:
        return [
            Section(
                mid=str(index),
                kind=TrackKind.VIDEO if sender.rate == 90000 else TrackKind.AUDIO,
                track=sender.track,
                participant=sender.participant,
                codecs={sender.payload_type: VP8 if sender.rate == 90000 else OPUS},
                ssrcs=(sender.ssrc,),
            )
            for index, sender in enumerate(self.senders)
        ]

    def at(self, when: int, action: Callable[[int], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), action))

    def send(self, now: int, packet: bytes, *, rtcp: bool = False) -> None:
        take = self.sink.on_rtcp if rtcp else self.sink.on_rtp
        for arrival in self.down.deliver(now, self.random):
            self.at(arrival, lambda at: take(packet, at))

    def send_rtcp(self, packet: bytes) -> None:
        for arrival in self.up.deliver(self.now, self.random):
            self.at(arrival, lambda at: self._on_feedback(packet, at))

    def run(self, seconds: float) -> None:
        if not self.frames:
            self.frames = {sender.track: [] for sender in self.senders}
            self.out_at = {sender.track: [] for sender in self.senders}
            self.sink.bind(self.sections())
            self.at(START, self._poll)
        end = self.now + int(seconds * SECOND)
        while self._events and self._events[0][0] <= end:
            self.now, _, action = heapq.heappop(self._events)
            action(self.now)
        self.now = end
        assert self.receiver.totals().faults == 0, self.receiver.totals().last_fault

    def numbers(self, track: str) -> list[int]:
        return [frame_number(frame) for frame in self.frames[track]]

    def _poll(self, now: int) -> None:
        self.receiver.poll(now)
        self.at(now + 10 * MS, self._poll)

    def _on_frame(self, frame: EncodedFrame) -> None:
        self.frames[frame.track].append(frame)
        self.out_at[frame.track].append(self.now)
        self.late.append(self.now - START - frame.pts_ns - self.settings.playout_delay_ns)

    def _on_feedback(self, packet: bytes, now: int) -> None:
        reports, malformed = parse_rtcp(packet)
        assert malformed == 0
        for report in reports:
            if isinstance(report, (ReceiverReport, Bandwidth, FullIntra, TransportFeedback)):
                self.feedback.append(report)
            for sender in self.senders:
                if isinstance(report, Nack) and report.ssrc == sender.ssrc:
                    self._resend(sender, report, now)
                if isinstance(report, PictureLoss) and report.ssrc == sender.ssrc:
                    sender.plis += 1
                    sender.keyframe_wanted = True

    def _resend(self, sender: Sender, nack: Nack, now: int) -> None:
        for sequence in nack.sequences:
            sender.nacks += 1
            packet = sender.history.get(sequence)
            if packet is not None:
                self.send(now, packet)
