"""What is counted for each track, from its first packet to the report at the end."""

from dataclasses import dataclass, field, replace

from bot.receive.settings import MILLISECOND_NS

_SKEW_BINS = 200  # milliseconds; the last holds everything beyond


@dataclass(slots=True)
class ReceiverStats:
    """Counts over all connections of a receiver."""

    packets: int = 0
    malformed: int = 0  # no RTP
    malformed_rtcp: int = 0  # sub-packets
    unknown: int = 0  # of no track: SSRC, MID and payload type fit none
    faults: int = 0  # our own mistakes: an exception on the way of one packet, which was dropped
    last_fault: str = ""
    connections: int = 0  # open now
    tracks: int = 0  # bound now
    tracks_forgotten: int = 0  # ended ones whose statistics were dropped for room

    def fault(self, error: Exception) -> None:
        self.faults += 1
        self.last_fault = f"{type(error).__name__}: {error}"


@dataclass(slots=True)
class TrackStats:
    """Counts since the track was bound. What `Receiver.stats()` hands out are copies."""

    packets: int = 0  # every packet of the track that arrived, retransmitted and duplicate ones too
    bytes: int = 0  # of payload
    lost: int = 0  # missing when the next one came, and still missing after the reordering tolerance
    recovered_nack: int = 0  # sent again on the same SSRC
    recovered_rtx: int = 0
    recovered_red: int = 0
    recovered_fec: int = 0  # Opus frames handed over as `redundant`
    unrecoverable: int = 0  # packets given up
    duplicates: int = 0
    late: int = 0  # came after they were given up
    malformed: int = 0
    overflows: int = 0  # times the buffer was full and the track started anew
    restarts: int = 0  # new SSRC, absurd sequence numbers, restarted timestamps
    frames: int = 0  # handed over
    keyframes: int = 0
    frames_dropped: int = 0  # incomplete, or not decodable after a loss
    plis: int = 0
    nacks: int = 0  # sequence numbers asked for
    pauses: int = 0
    freezes: int = 0  # pictures that stood, or sound that was gone, 0.2 s longer than usual because of losses
    longest_freeze_ns: int = 0
    missing_ns: int = 0  # of sound, because of losses, however short; of pictures that stood only where it is a freeze
    last_packet_ns: int = 0  # local monotonic time; 0: nothing came yet
    last_pts_ns: int | None = None  # of the last frame handed over
    silent: bool = True  # nothing came for so long that the sender must have paused
    reports: int = 0  # sender reports believed
    reports_rejected: int = 0
    drift_ppm: float = 0.0  # of the sender's clock against ours
    skew_median_ns: int = 0  # how far the placing was from the best estimate of that moment
    skew_worst_ns: int = 0
    round_trip_ns: int = 0  # from a request for a packet to the packet; 0: unknown
    jitter_ns: int = 0
    level_dbov: int | None = None  # audio: newest level the sender stated (RFC 6464), 0 loudest, -127 silence
    skews: list[int] = field(default_factory=lambda: [0] * _SKEW_BINS, repr=False)

    @property
    def recovered(self) -> int:
        """Of those that were lost: what came after all, or was made up for."""
        return self.recovered_nack + self.recovered_rtx + self.recovered_red + self.recovered_fec

    def add_skew(self, skew_ns: int) -> None:
        distance = abs(skew_ns)
        self.skew_worst_ns = max(self.skew_worst_ns, distance)
        self.skews[min(distance // MILLISECOND_NS, _SKEW_BINS - 1)] += 1

    def snapshot(self) -> "TrackStats":
        half = sum(self.skews) / 2
        below = 0
        for milliseconds, count in enumerate(self.skews):
            below += count
            if below >= half:
                return replace(self, skew_median_ns=milliseconds * MILLISECOND_NS if half else 0, skews=[])
        return replace(self, skews=[])
