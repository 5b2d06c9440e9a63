"""One audio track: packets in order, what is lost told by silence of the right length."""

from collections.abc import Mapping

from bot.receive.audio_buffer import AudioBuffer
from bot.receive.clock import TrackClock
from bot.receive.depayload.opus import has_redundancy, packet_samples
from bot.receive.depayload.red import split_red
from bot.receive.format import Format, Use
from bot.receive.outlet import Ready
from bot.receive.packet import Packet
from bot.receive.settings import MILLISECOND_NS, SECOND_NS
from bot.receive.surroundings import Feedback, Surroundings
from bot.receive.track import Track
from mixer.frame import Codec

LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

_MAX_PACKETS = 512
_USUAL_SPACING_NS = 20 * MILLISECOND_NS
_BYTES_A_SECOND = 8000  # of G.711 and G.722


class AudioTrack(Track):
    """Every packet is a frame. A hole waits for retransmission, is filled from RED, or at its deadline from the in-band
    FEC of the packet behind it; what is left is a gap in the frames' times."""

    _buffer: AudioBuffer

    def __init__(self, track: str, clock: TrackClock, around: Surroundings) -> None:
        super().__init__(track, clock, around, AudioBuffer())
        self._level_id: int | None = None

    def bind(self, feedback: Feedback, formats: dict[int, Format], extensions: Mapping[int, str]) -> None:
        super().bind(feedback, formats, extensions)
        self._level_id = next((number for number, uri in extensions.items() if uri == LEVEL), None)

    def take_redundant(self, packet: Packet) -> None:
        """RFC 2198: the packet's own payload, and copies of those before it."""
        blocks = split_red(packet.payload)
        primary = blocks.pop() if blocks else None
        form = None if primary is None else self.formats.get(primary.payload_type)
        if primary is None or form is None or form.use is not Use.MEDIA:
            self.stats.malformed += 1
            packet.payload = b""
            self.take(packet)
            return
        packet.payload_type, packet.payload = primary.payload_type, primary.payload
        self.take(packet)
        reception = self.reception
        if not self.missing or reception is None or reception.ssrc != packet.ssrc:
            return
        for back, block in enumerate(reversed(blocks), start=1):
            sequence = packet.sequence - back
            form = self.formats.get(block.payload_type)
            if block.payload and block.offset and form is not None and form.use is Use.MEDIA:
                self._fill(packet, sequence, block.offset, block.payload_type, block.payload)

    def _fill(self, packet: Packet, sequence: int, offset: int, payload_type: int, payload: bytes) -> None:
        if self.missing.take(sequence, packet.arrival_ns) is None:
            return
        self.stats.lost += 1
        self.stats.recovered_red += 1
        timestamp = (packet.timestamp - offset) & 0xFFFFFFFF
        found = Packet(payload_type, False, sequence, timestamp, packet.ssrc, payload, packet.arrival_ns)
        if self._insert(found):
            self._advance(packet.arrival_ns)

    def _insert(self, packet: Packet) -> bool:
        if self._level_id is not None:
            level = packet.extensions.get(self._level_id)
            if level:
                self.stats.level_dbov = -(level[0] & 0x7F)
        if len(self._buffer) >= _MAX_PACKETS:
            self.stats.overflows += 1
            super()._give_up_before(packet.sequence)
            self._buffer.begin(packet.sequence)
        if self._buffer.put(packet):
            return True
        self.stats.duplicates += 1
        return False

    def _advance(self, now_ns: int) -> None:
        while (packet := self._buffer.take()) is not None:
            if packet.payload:
                self._send(packet, packet.timestamp, now_ns)

    def _send(self, packet: Packet, timestamp: int, now_ns: int, *, redundant: bool = False) -> None:
        form = self.formats.get(packet.payload_type)
        if form is None or form.codec is None:
            return  # renegotiated away while it waited
        self.outlet.put(
            Ready(timestamp, self.id, form.codec, True, packet.payload, 0, redundant, form.channels), now_ns
        )

    def _deadline_ns(self, hole: int, behind: Packet, now_ns: int) -> int:
        spacing_ns = self.outlet.spacing_ns or _USUAL_SPACING_NS
        return super()._deadline_ns(hole, behind, now_ns) - (behind.sequence - hole - 1) * spacing_ns

    def _skip(self, now_ns: int) -> None:
        blocked, length_ns = self._buffer.blocking(), 0
        self._buffer.skip()
        if blocked is not None:
            hole, behind = blocked
            self.missing.give_up(hole)
            self.stats.lost += 1
            length_ns = _length_ns(behind, self.formats.get(behind.payload_type))
            if behind.sequence == hole + 1 and self._redundant(behind, now_ns):
                self.stats.recovered_fec += 1
                return
        self.stats.unrecoverable += 1
        self.outlet.lose(length_ns)

    def _give_up_before(self, sequence: int) -> None:
        """Each is counted when it is skipped."""
        self.missing.give_up_before(sequence)

    def _redundant(self, behind: Packet, now_ns: int) -> bool:
        """Hand over the packet behind a hole once more, for the time of the one that is lost."""
        form = self.formats.get(behind.payload_type)
        if form is None or not form.in_band_fec or not behind.payload or not has_redundancy(behind.payload):
            return False
        timestamp = (behind.timestamp - packet_samples(behind.payload)) & 0xFFFFFFFF
        self._send(behind, timestamp, now_ns, redundant=True)
        return True

    def _paused(self, now_ns: int) -> None:
        del now_ns

    def _resumed(self, now_ns: int, distance: int) -> None:
        del now_ns, distance


def _length_ns(packet: Packet, form: Format | None) -> int:
    """How much sound is in it, and so in those that are lost before it; comfort noise, too, is sent in packets of the
    usual length, however far apart."""
    if form is None or form.codec is None or not packet.payload:
        return _USUAL_SPACING_NS
    if form.codec is Codec.OPUS:
        return packet_samples(packet.payload) * SECOND_NS // 48_000 or _USUAL_SPACING_NS
    return len(packet.payload) * SECOND_NS // _BYTES_A_SECOND
