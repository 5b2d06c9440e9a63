"""What can be chosen about a mix. One frozen value, made by the bot from its configuration."""

from dataclasses import dataclass
from enum import StrEnum

from mixer.decode.colour import Matrix

MS = 1_000_000
SECOND = 1_000_000_000


class LayoutName(StrEnum):
    """How the publications are arranged. AUTO is STAGE while something is on stage, otherwise GRID."""

    AUTO = "auto"
    STAGE = "stage"
    GRID = "grid"
    SPEAKER = "speaker"
    STAGE_ONLY = "stage_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class MixSettings:
    """Times in nanoseconds, sizes in pixels. Width and height are even: colour has half the resolution."""

    width: int = 1920
    height: int = 1080
    fps: int = 30
    sample_rate: int = 48_000
    layout: LayoutName = LayoutName.AUTO
    playout_delay_ns: int = SECOND  # how far the mix runs behind, once it has grown to that (see playout.py)
    hold_ns: int = 5 * SECOND  # a camera without new pictures keeps its last one this long, then loses its tile
    stage_hold_ns: int = 30 * SECOND  # the same for the stage: a slide at rest sends few pictures, or none
    mute_hold_ns: int = SECOND // 2  # the same once it is known to be muted: long enough for a double click
    max_cameras: int = 49  # tiles for cameras in a grid; the stage's strip holds fewer
    transition_ns: int = 280 * MS  # how long tiles take to glide to their new places; 0: they jump
    vacancy_ns: int = SECOND  # the layout waits this long before it closes the gap a camera left
    stage_vacancy_ns: int = 1500 * MS  # the same for the stage: one thing is often followed by the next
    arrivals_ns: int = SECOND // 2  # cameras that come in a crowd are let in this far apart, each time all who wait
    reshape_ns: int = SECOND  # a picture that changed its shape is fitted into the tile it has until it rests this long
    dwell_ns: int = 3 * SECOND  # `speaker` layout: the large picture stays at least this long
    speech_dbfs: float = -45.0  # a voice louder than this is speaking
    untagged_matrix: Matrix = Matrix.BT601  # colour matrix of pictures that name none (see decode/colour.py)
    decode_threads: int = 0  # 0: as many as the machine has cores, when there is enough to decode (see Crew)
    queue_frames: int = 600  # encoded frames waiting in one track, and their bytes:
    queue_bytes: int = 8 << 20  # over either bound the oldest go, up to the next keyframe

    def __post_init__(self) -> None:
        if self.width % 2 or self.height % 2 or self.width < 2 or self.height < 2:
            raise ValueError(f"The picture is {self.width}x{self.height}; both must be even and at least 2.")
        if self.fps < 1:
            raise ValueError(f"The frame rate is {self.fps}; it must be at least 1.")
