"""What the mixer says about itself while it runs and when it is done."""

from collections.abc import Mapping
from dataclasses import dataclass

from mixer.audio.sound_stats import SoundStats
from mixer.controller import Step
from mixer.effort import Effort
from mixer.picture.timeline import TimelineStats


@dataclass(frozen=True, slots=True)
class MixStats:
    """Counts since the start; `load` values are over about the last second."""

    ticks: int  # of the file, handed to the encoder: what is paused does not count
    ticks_late: int  # more than one tick after their time
    ticks_repeated: int  # with the picture of the tick before, because the mix was far behind
    lag_ns: int  # of the newest tick behind its time
    worst_lag_ns: int
    encode_queue: int  # ticks that wait for the encoder
    load: float  # the busier of the two below; above 1 the mix falls behind
    mix_load: float  # decoding, drawing and mixing sound: share of a tick
    encode_load: float  # encoding and writing: share of a tick
    effort: Effort  # now
    steps: tuple[Step, ...]  # by which quality gave way and came back: the first of them,
    steps_left_out: int  # and how many followed
    reduced_ns: int  # of the recording, at less than full quality
    tiles: int  # on the canvas now
    tiles_drawn: int
    unknown_frames: int  # of tracks that were never added, or are gone
    tracks: Mapping[str, TimelineStats]  # video, by track, those that are gone included
    sounds: Mapping[str, SoundStats]  # the same for audio
