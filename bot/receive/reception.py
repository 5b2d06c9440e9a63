"""What one SSRC's receiver reports say (RFC 3550 section 6.4 and appendix A)."""

from bot.receive.rtcp import ReportBlock
from bot.receive.settings import SECOND_NS


class Reception:
    """Retransmissions on an SSRC of their own are not counted as received: the SFU hears the true loss."""

    def __init__(self, ssrc: int, sequence: int, clock_rate: int) -> None:
        self.ssrc = ssrc
        self.clock_rate = clock_rate
        self._base = sequence
        self.highest = sequence - 1  # extended; the first packet is still to be taken
        self.received = 0
        self.jitter = 0  # 1/16 timestamp units
        self._transit: int | None = None
        self._expected_before = 0
        self._received_before = 0
        self._report = 0
        self._report_ns = 0

    @property
    def jitter_ns(self) -> int:
        return (self.jitter >> 4) * SECOND_NS // self.clock_rate

    def arrived(self, timestamp: int, arrival_ns: int) -> None:
        """The first packet of a new timestamp."""
        transit = (arrival_ns * self.clock_rate // SECOND_NS - timestamp) & 0xFFFFFFFF
        if self._transit is not None:
            distance = (transit - self._transit) & 0xFFFFFFFF
            distance = min(distance, 0x100000000 - distance)
            if distance < 60 * self.clock_rate:  # more is a restart, not jitter
                self.jitter += distance - (self.jitter + 8 >> 4)
        self._transit = transit

    def extend_back(self, sequence: int) -> None:
        """The first packet turned out not to be the first."""
        self._base = min(self._base, sequence)

    def reported(self, ntp: int, arrival_ns: int) -> None:
        self._report = ntp >> 16 & 0xFFFFFFFF
        self._report_ns = arrival_ns

    def block(self, now_ns: int) -> ReportBlock:
        """Each call closes an interval."""
        expected = self.highest - self._base + 1
        interval = expected - self._expected_before
        lost = max(0, interval - (self.received - self._received_before))
        self._expected_before, self._received_before = expected, self.received
        return ReportBlock(
            ssrc=self.ssrc,
            fraction_lost=min(255, (lost << 8) // interval) if interval > 0 else 0,
            lost=max(-0x800000, min(0x7FFFFF, expected - self.received)),
            highest_sequence=self.highest & 0xFFFFFFFF,
            jitter=self.jitter >> 4,
            last_report=self._report,
            delay=min(0xFFFFFFFF, (now_ns - self._report_ns) * 65536 // SECOND_NS) if self._report_ns else 0,
        )
