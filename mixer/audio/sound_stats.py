"""What became of one track's sound."""

from dataclasses import dataclass


@dataclass(slots=True)
class SoundStats:
    """Totals since the track was added."""

    frames: int = 0  # handed in
    undecodable: int = 0
    recovered: int = 0  # made from the copy in the packet after it, or extrapolated
    late: int = 0  # came after their time had been mixed
    overflowed: int = 0  # pushed out of the full queue
    replaced: int = 0  # overtaken by a frame that stepped back in time
    misplaced: int = 0  # refused: a time far in the future
    gaps: int = 0  # holes that became silence; a pause the sender announced (DTX, digital silence) is none
    steps: int = 0  # times the sender's clock jumped too far to be followed smoothly
    drift_ppm: float = 0.0  # how much faster than ours the sender's clock runs, now
