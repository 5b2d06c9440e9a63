"""One peer connection's packets: parsed, given to their tracks, and answered."""

from collections.abc import Sequence
from random import getrandbits

from bot.receive import rtcp_writer
from bot.receive.audio_track import AudioTrack
from bot.receive.bandwidth import BandwidthGrant
from bot.receive.format import Use, read_formats
from bot.receive.packet import Packet, parse_packet
from bot.receive.routing import Lane, Routing
from bot.receive.rtcp import SenderReport, parse_rtcp
from bot.receive.settings import SECOND_NS, ReceiveSettings
from bot.receive.stats import ReceiverStats
from bot.receive.tracks import Tracks
from bot.receive.transport_feedback import ArrivalLog
from bot.receive.video_track import VideoTrack
from signaling.media import PacketTransport, Section
from signaling.model import TrackKind

TRANSPORT_SEQUENCE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

_MAX_COMPOUND = 1100  # bytes; SRTCP and the path need their share of an MTU
_MAX_NACKS = 200  # sequence numbers in one sub-packet
_MAX_BLOCKS = 31
_ACTIVE_NS = 10 * SECOND_NS


class Connection:
    """A `PacketSink`, and the `Feedback` of its tracks. What is to be sent waits until `flush`."""

    def __init__(
        self, transport: PacketTransport, tracks: Tracks, settings: ReceiveSettings, stats: ReceiverStats
    ) -> None:
        self._transport = transport
        self._tracks = tracks
        self._settings = settings
        self._stats = stats
        self._ssrc = getrandbits(32) or 1
        self._name = f"roomreel-{self._ssrc:08x}"
        self._routing = Routing(settings.max_unknown_ssrcs)
        self._lanes: list[Lane] = []
        self._log: ArrivalLog | None = None
        self._log_id = 0
        self._grant: BandwidthGrant | None = None
        self._outgoing: list[bytes] = []
        self._command = 0
        self._bytes = 0
        self._reported_ns = 0
        self._told_ns = 0
        self._now_ns = 0
        self.closed = False

    # PacketSink

    def bind(self, sections: Sequence[Section]) -> None:
        if self.closed:
            return
        lanes = []
        for section in sections:
            if section.track is not None:
                formats = read_formats(section)
                lanes.append(Lane(section, self._tracks.claim(section.track, section, formats, self), formats))
        kept = {id(lane.track) for lane in lanes}
        for lane in self._lanes:
            if id(lane.track) not in kept:
                self._tracks.release(lane.track, self, self._now_ns)
        self._lanes = lanes
        self._routing.bind(lanes)
        self._choose_feedback(sections)

    def on_rtp(self, packet: bytes, arrival_ns: int) -> None:
        self._now_ns = arrival_ns
        self._stats.packets += 1
        parsed = parse_packet(packet, arrival_ns)
        if parsed is None:
            self._stats.malformed += 1
            return
        try:
            self._take(parsed)
        except Exception as error:
            # The contract: one bad packet must not end the connection.
            self._stats.fault(error)
            lane = self._routing.by_ssrc.get(parsed.ssrc)
            if lane is not None:
                lane.track.reset()

    def on_rtcp(self, packet: bytes, arrival_ns: int) -> None:
        self._now_ns = arrival_ns
        reports, malformed = parse_rtcp(packet)
        self._stats.malformed_rtcp += malformed
        try:
            for report in reports:
                # A BYE changes nothing: an SFU that re-uses the SSRC goes on sending (silence shows by itself).
                if isinstance(report, SenderReport):
                    lane = self._routing.by_ssrc.get(report.ssrc)
                    if lane is not None:
                        lane.track.report(report, arrival_ns)
        except Exception as error:
            self._stats.fault(error)

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        for lane in self._lanes:
            self._tracks.release(lane.track, self, self._now_ns)
        self._lanes = []
        self._routing.bind([])
        self._outgoing.clear()

    # Feedback

    def nack(self, ssrc: int, sequences: list[int]) -> None:
        for start in range(0, len(sequences), _MAX_NACKS):
            self._outgoing.append(rtcp_writer.nack(self._ssrc, ssrc, sequences[start : start + _MAX_NACKS]))

    def picture_loss(self, ssrc: int, *, full_intra: bool) -> None:
        if full_intra:
            self._command = (self._command + 1) & 0xFF
            self._outgoing.append(rtcp_writer.full_intra(self._ssrc, ssrc, self._command))
        else:
            self._outgoing.append(rtcp_writer.picture_loss(self._ssrc, ssrc))

    # Time

    def poll(self, now_ns: int) -> None:
        """Reports that are due; then everything that waits is sent."""
        self._now_ns = now_ns
        if self._log is not None and now_ns - self._told_ns >= self._settings.transport_feedback_interval_ns:
            self._told_ns = now_ns
            body = self._log.feedback(self._ssrc, self._lanes[0].track.ssrc or 0 if self._lanes else 0)
            if body is not None:
                self._outgoing.append(rtcp_writer.sub_packet(205, 15, body))
        if now_ns - self._reported_ns >= self._settings.report_interval_ns:
            self._report(now_ns)
        self.flush()

    def flush(self) -> None:
        """As few compound packets as fit an MTU."""
        waiting, self._outgoing = self._outgoing, []
        compound = b""
        for sub_packet in waiting:
            if compound and len(compound) + len(sub_packet) > _MAX_COMPOUND:
                self._transport.send_rtcp(compound)
                compound = b""
            compound += sub_packet
        if compound:
            self._transport.send_rtcp(compound)

    def _take(self, packet: Packet) -> None:
        if self._log is not None:
            number = packet.extensions.get(self._log_id)
            if number is not None and len(number) == 2:
                self._log.add(number[0] << 8 | number[1], packet.arrival_ns)
        lane = self._routing.by_ssrc.get(packet.ssrc) or self._routing.learn(packet)
        if lane is None or lane.track.feedback is not self:
            self._stats.unknown += 1
            return
        self._bytes += len(packet.payload)
        track = lane.track
        form = lane.formats.get(packet.payload_type)
        if form is not None and form.use is Use.MEDIA:
            track.take(packet)
        elif form is None:
            self._take_number(lane, packet)
        elif form.use is Use.REPAIR:
            self._repair(lane, packet, form.original)
        elif isinstance(track, AudioTrack):
            track.take_redundant(packet)
        if track.pending:
            self._tracks.pending.add(track)
        if self._outgoing:
            self.flush()

    def _take_number(self, lane: Lane, packet: Packet) -> None:
        """Comfort noise, telephone events and the like share the sequence numbers of the sound."""
        if lane.track.ssrc == packet.ssrc:
            packet.payload = b""
            lane.track.take(packet)
        else:
            self._stats.unknown += 1

    def _repair(self, lane: Lane, packet: Packet, original: int) -> None:
        """RFC 4588 section 4: the original sequence number, then the original payload. Bare padding probes the path."""
        ssrc = lane.section.repairs.get(packet.ssrc, lane.track.ssrc)
        if len(packet.payload) < 3 or ssrc is None or original not in lane.formats:
            return
        packet.sequence = packet.payload[0] << 8 | packet.payload[1]
        packet.payload = packet.payload[2:]
        packet.payload_type = original
        packet.ssrc = ssrc
        lane.track.take(packet, repaired=True)

    def _choose_feedback(self, sections: Sequence[Section]) -> None:
        """Transport-wide feedback where it is negotiated, else REMB, else neither."""
        wide = grant = False
        for section in sections:
            kinds = {kind for codec in section.codecs.values() for kind in codec.feedback}
            number = next((key for key, uri in section.extensions.items() if uri == TRANSPORT_SEQUENCE), 0)
            if number and "transport-cc" in kinds:
                wide, self._log_id = True, number
            grant = grant or ("goog-remb" in kinds and section.kind is TrackKind.VIDEO)
        if not wide:
            self._log = None
        elif self._log is None:
            self._log = ArrivalLog()
        if wide or not grant:
            self._grant = None
        elif self._grant is None:
            self._grant = BandwidthGrant(self._settings.bandwidth_bps)

    def _report(self, now_ns: int) -> None:
        elapsed_ns = now_ns - self._reported_ns
        first = not self._reported_ns
        self._reported_ns = now_ns
        active = [
            lane.track.reception
            for lane in self._lanes
            if lane.track.reception is not None and now_ns - lane.track.stats.last_packet_ns < _ACTIVE_NS
        ]
        blocks = [reception.block(now_ns) for reception in active]
        for start in range(0, max(1, len(blocks)), _MAX_BLOCKS):
            self._outgoing.append(rtcp_writer.receiver_report(self._ssrc, blocks[start : start + _MAX_BLOCKS]))
            if not start:
                self._outgoing.append(rtcp_writer.description(self._ssrc, self._name))
        received, self._bytes = self._bytes, 0
        if self._grant is None or first:
            return
        videos = [lane.track.ssrc for lane in self._lanes if isinstance(lane.track, VideoTrack)]
        loss = max((block.fraction_lost for block in blocks), default=0) / 256
        bitrate = self._grant.update(received * 8 * SECOND_NS // max(1, elapsed_ns), loss)
        ssrcs = [ssrc for ssrc in videos if ssrc is not None][:200]
        self._outgoing.append(rtcp_writer.bandwidth(self._ssrc, bitrate, ssrcs))
