"""One track's packets by sequence number: what is new, late, twice, missing, or absurd."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from bot.receive.clock import TrackClock
from bot.receive.format import Format
from bot.receive.missing import Missing
from bot.receive.outlet import Outlet
from bot.receive.packet import Packet
from bot.receive.packet_buffer import PacketBuffer
from bot.receive.reception import Reception
from bot.receive.rtcp import SenderReport
from bot.receive.sequence import Run, signed_distance
from bot.receive.settings import SECOND_NS
from bot.receive.stats import TrackStats
from bot.receive.surroundings import Feedback, Surroundings

_NEAR_RUN = 8  # consecutive packets that look old before the sender is taken to have started anew
_FAR_RUN = 2
_MAX_SILENCE_NS = 5 * SECOND_NS
_SWITCH_AFTER = 3  # packets of another SSRC before it replaces one that still sends
_SWITCH_SILENCE_NS = SECOND_NS // 2


class Track(ABC):
    """Owned by the receiver. `pending` says that time alone can bring something about: then `poll` must be called."""

    def __init__(self, track: str, clock: TrackClock, around: Surroundings, buffer: PacketBuffer) -> None:
        self.id = track
        self.clock = clock
        self.settings = settings = around.settings
        self.stats = TrackStats()
        self.outlet = Outlet(clock, self.stats, around)
        self.formats: dict[int, Format] = {}
        self.feedback: Feedback | None = None
        self.reception: Reception | None = None
        self.missing = Missing(settings.max_missing, settings.reorder_tolerance_ns)
        self.pending = False
        self._buffer = buffer
        self._delay_ns = around.delay_ns
        self._asks = False
        self._timestamp: int | None = None
        self._run = Run()  # of packets that make no sense
        self._candidate: list[Packet] = []
        self._retired: int | None = None

    @property
    def ssrc(self) -> int | None:
        return None if self.reception is None else self.reception.ssrc

    def bind(self, feedback: Feedback, formats: dict[int, Format], extensions: Mapping[int, str]) -> None:
        """After every negotiation. `extensions`: URIs by id."""
        del extensions
        if self.feedback is not feedback:
            self.stats.last_packet_ns = 0  # another connection: whatever SSRC comes there is the one
        self.feedback = feedback
        self.formats = formats
        self._asks = any(form.nack for form in formats.values())

    def resume(self, stats: TrackStats) -> None:
        """The track was bound before: go on counting, and never go back in time."""
        self.stats = self.outlet.stats = stats
        stats.last_packet_ns = 0

    def take(self, packet: Packet, *, repaired: bool = False) -> None:
        """A packet of this track. Its payload type is one of `formats`, or its payload was made empty: it still has its
        number. `repaired`: it came by RTX."""
        reception = self.reception
        if reception is None or packet.ssrc != reception.ssrc:
            if repaired or not self._switches(packet):
                return
            reception = self._begin(packet)
        stats = self.stats
        stats.packets += 1
        stats.bytes += len(packet.payload)
        now_ns = packet.arrival_ns
        distance = ((packet.sequence - reception.highest + 0x8000) & 0xFFFF) - 0x8000
        packet.sequence = reception.highest + distance
        if distance != 1 and not self._irregular(packet, distance, repaired=repaired):
            return
        if distance > 0 or self.reception is not reception:
            reception = self._newest(packet, repaired=repaired)
        if not repaired:
            reception.received += 1
        if stats.silent or now_ns - stats.last_packet_ns > self.settings.silence_ns:
            self._heard(now_ns, distance)
        stats.last_packet_ns = now_ns
        if self._insert(packet):
            self._advance(now_ns)

    def reset(self) -> None:
        """Forget the packets: something went wrong with them. The next one begins anew."""
        self.reception = None
        self.pending = False

    def poll(self, now_ns: int) -> None:
        """Ask again for what is missing, give up what is too late. Every 10 ms while `pending`."""
        sequences = self.missing.due(now_ns)
        if sequences and self._asks and self.feedback is not None and self.reception is not None:
            self.stats.nacks += len(sequences)
            self.feedback.nack(self.reception.ssrc, sequences)
        while (blocked := self._buffer.blocking()) is not None:
            hole, behind = blocked
            if hole in self.missing and now_ns < self._deadline_ns(hole, behind, now_ns):
                break
            self._skip(now_ns)
            self._advance(now_ns)
        self.outlet.release(now_ns)
        self.pending = bool(self.missing) or self.outlet.holding or self._buffer.blocking() is not None

    def watch(self, now_ns: int) -> None:
        """Notice silence. Every 100 ms."""
        stats = self.stats
        if not stats.silent and now_ns - stats.last_packet_ns > self.silence_ns():
            stats.silent = True
            stats.pauses += 1
            self._paused(now_ns)

    def report(self, report: SenderReport, arrival_ns: int) -> None:
        if self.reception is None or report.ssrc != self.reception.ssrc:
            return
        self.reception.reported(report.ntp, arrival_ns)
        rejected = self.clock.rejected_reports
        self.clock.report(report.ntp, report.timestamp, arrival_ns)
        if self.clock.rejected_reports == rejected:
            self.stats.reports += 1

    def snapshot(self) -> TrackStats:
        stats = self.stats
        stats.reports_rejected = self.clock.rejected_reports
        stats.drift_ppm = round(self.clock.drift_ppm, 1)
        stats.round_trip_ns = self.missing.round_trip_ns
        if self.reception is not None:
            stats.jitter_ns = self.reception.jitter_ns
        return stats.snapshot()

    def silence_ns(self) -> int:
        """A slide share may send a frame every two seconds and never pause."""
        return max(self.settings.silence_ns, min(_MAX_SILENCE_NS, 3 * self.outlet.spacing_ns))

    def finish(self, now_ns: int) -> None:
        """Nothing more comes: hand over what is whole."""
        while self._buffer.blocking() is not None:
            self._skip(now_ns)
            self._advance(now_ns)
        self.outlet.release(now_ns, force=True)
        self._give_up_before(1 << 62)
        self.pending = False

    def _heard(self, now_ns: int, distance: int) -> None:
        if self.stats.silent or now_ns - self.stats.last_packet_ns > self.silence_ns():
            self.stats.silent = False
            self._resumed(now_ns, distance)

    def _switches(self, packet: Packet) -> bool:
        """Whether the SSRC of `packet` replaces the one in use: at once when that has gone quiet, else when three
        packets came. One that was replaced does not come back while its successor sends."""
        if self.reception is None or packet.arrival_ns - self.stats.last_packet_ns > _SWITCH_SILENCE_NS:
            return True
        if packet.ssrc == self._retired:
            return False
        if self._candidate and self._candidate[0].ssrc != packet.ssrc:
            self._candidate.clear()
        self._candidate.append(packet)
        if len(self._candidate) < _SWITCH_AFTER:
            return False
        candidate, self._candidate = self._candidate, []
        self._begin(candidate[0])
        for held in candidate:
            self.take(held)
        return False

    def _begin(self, packet: Packet) -> Reception:
        """Start (again) with `packet`: a new SSRC, or sequence numbers that have nothing to do with those before."""
        before = self.reception
        form = self.formats.get(packet.payload_type)
        rate = form.clock_rate if form else before.clock_rate if before else 1
        if before is not None:
            self.finish(packet.arrival_ns)
            self.stats.restarts += 1
        if before is None or before.ssrc != packet.ssrc:
            self._retired = None if before is None else before.ssrc
            self.clock.restart(rate)
        packet.sequence = sequence = packet.sequence & 0xFFFF
        self.reception = Reception(packet.ssrc, sequence, rate)
        self.missing = Missing(self.settings.max_missing, self.settings.reorder_tolerance_ns)
        self._candidate.clear()
        self._timestamp = None
        self._run = Run()
        self._buffer.begin(sequence)
        return self.reception

    def _newest(self, packet: Packet, *, repaired: bool) -> Reception:
        reception = self.reception
        assert reception is not None
        reception.highest = packet.sequence
        if packet.timestamp != self._timestamp and packet.payload and not repaired:
            self._timestamp = packet.timestamp
            rate = self.formats[packet.payload_type].clock_rate
            if rate != reception.clock_rate:
                reception.clock_rate = rate
                self.clock.restart(rate)
            self.clock.arrived(packet.timestamp, packet.arrival_ns)
            reception.arrived(packet.timestamp, packet.arrival_ns)
        return reception

    def _irregular(self, packet: Packet, distance: int, *, repaired: bool) -> bool:
        """Not the next number. False when the packet is to be dropped."""
        if distance > 1:
            return self._gap(packet, distance)
        if packet.sequence in self.missing:
            self._found(packet, repaired=repaired)
            return True
        return self._precedes(packet) or self._starts_anew(packet, distance)

    def _gap(self, packet: Packet, distance: int) -> bool:
        """Numbers were left out before `packet`. False when it is to be dropped."""
        if distance > self.settings.max_gap:
            return self._starts_anew(packet, distance)
        sequence, now_ns = packet.sequence, packet.arrival_ns
        self.missing.add(sequence - distance + 1, sequence, now_ns)
        self.pending = True
        window = max(0, self._delay_ns(now_ns) - self.settings.decode_margin_ns)
        away = now_ns - self.stats.last_packet_ns
        if away > window:  # the link was down: only the last of it can still be asked for in time
            self._give_up_before(sequence - distance * window // away)
        return True

    def _found(self, packet: Packet, *, repaired: bool) -> None:
        if self.missing.take(packet.sequence, packet.arrival_ns):
            self.stats.lost += 1
            if repaired:
                self.stats.recovered_rtx += 1
            else:
                self.stats.recovered_nack += 1

    def _give_up_before(self, sequence: int) -> None:
        gone = self.missing.give_up_before(sequence)
        self.stats.lost += gone
        self.stats.unrecoverable += gone

    def _starts_anew(self, packet: Packet, distance: int) -> bool:
        """A packet that cannot be new: late, a duplicate, or one of a run that shows a sender with new numbers."""
        stats = self.stats
        if self.missing.was_given_up(packet.sequence):
            stats.late += 1
            return False
        far = abs(distance) > self.settings.max_gap
        if not far and self._timestamp is not None:
            ahead = signed_distance(self._timestamp, packet.timestamp, 32)
            if self.reception is not None and -10 * self.reception.clock_rate < ahead <= 0:
                stats.duplicates += 1
                self.missing.taken_again(packet.sequence, packet.arrival_ns)
                return False
        if self._run.extend(packet.sequence) < (_FAR_RUN if far else _NEAR_RUN):
            stats.malformed += 1
            return False
        self._begin(packet)
        return True

    def _deadline_ns(self, hole: int, behind: Packet, now_ns: int) -> int:
        """When the packet behind the hole must be on its way to the mixer, whatever its timestamp says. While
        timestamps may have started anew they say nothing."""
        del hole
        placed = behind.arrival_ns
        if not self.clock.uncertain:
            placed = min(self.clock.local_ns(behind.timestamp), placed)
        return placed + self._delay_ns(now_ns) - self.settings.decode_margin_ns

    def _precedes(self, packet: Packet) -> bool:
        """An old number that still can go before the first, at the very beginning."""
        first = self._buffer.first
        if self.reception is None or not self._buffer.precedes(packet.sequence):
            return False
        self.reception.extend_back(packet.sequence)
        if packet.sequence + 1 < first:
            self.missing.add(packet.sequence + 1, first, packet.arrival_ns)
            self.pending = True
        return True

    # What differs between sound and picture.

    @abstractmethod
    def _insert(self, packet: Packet) -> bool:
        """False when there was no place for it."""

    @abstractmethod
    def _advance(self, now_ns: int) -> None:
        """Hand over everything that is whole and in order."""

    @abstractmethod
    def _skip(self, now_ns: int) -> None:
        """Give that hole up."""

    @abstractmethod
    def _paused(self, now_ns: int) -> None: ...

    @abstractmethod
    def _resumed(self, now_ns: int, distance: int) -> None: ...  # so far from the newest number before
