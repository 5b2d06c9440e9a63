"""What can be chosen about receiving."""

from dataclasses import dataclass

MILLISECOND_NS = 1_000_000
SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class ReceiveSettings:
    """All times in nanoseconds, all bounds for one track unless they say otherwise."""

    playout_delay_ns: int = SECOND_NS  # how far the mix runs behind; a callable given to Receiver overrides it
    decode_margin_ns: int = 150 * MILLISECOND_NS  # a frame must be out this long before it is shown
    reorder_tolerance_ns: int = 8 * MILLISECOND_NS  # a packet is missing only after this long
    silence_ns: int = SECOND_NS  # a track that sends nothing for so long is paused
    keyframe_interval_ns: int = 500 * MILLISECOND_NS  # at most one PLI in this time
    report_interval_ns: int = SECOND_NS  # receiver reports and REMB
    transport_feedback_interval_ns: int = 50 * MILLISECOND_NS
    bandwidth_bps: int = 100_000_000  # the most a REMB ever grants, for one whole connection
    max_packets: int = 4096  # buffered; beyond it the track starts anew at the next keyframe
    max_missing: int = 1000  # asked for again at the same time; the oldest are given up
    max_gap: int = 3000  # a larger jump of the sequence number is a new start, not a loss
    max_frame_bytes: int = 8 * 1024 * 1024  # a larger frame is dropped as malformed
    max_unknown_ssrcs: int = 64  # remembered for one connection while nobody owns them
    max_tracks_kept: int = 4096  # statistics of ended tracks; the oldest are forgotten
