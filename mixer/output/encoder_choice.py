"""Which encoder makes the pictures: x264, or hardware that has shown that it can."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import av

from mixer.layout.tile import Rect
from mixer.mp4.sample import Sample
from mixer.mp4.track import Track
from mixer.output.hardware import HARDWARE, HardwareEncoder, trial
from mixer.output.picture_encoder import PictureEncoder
from mixer.output.settings import OutputSettings

X264, AUTO = "x264", "auto"
CHOICES = (X264, AUTO, *HARDWARE)


class Encoder(Protocol):
    """Groups of pictures to samples in the order of showing. picture_encoder.py says more."""

    track: Track

    @property
    def efforts(self) -> int: ...

    @property
    def wants_group(self) -> bool:
        """A group that begins now makes a difference."""

    def set_effort(self, level: int) -> None: ...

    def encode(
        self,
        frame: av.VideoFrame,
        tick: int,
        *,
        keyframe: bool,
        changed: bool = True,
        within: Sequence[Rect] | None = None,
    ) -> Iterable[Sample]: ...

    def flush(self) -> Iterable[Sample]: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """`notice` is a sentence when what was asked for is not to be had; empty otherwise."""

    name: str
    encoder: Encoder
    notice: str = ""


def choose(settings: OutputSettings, track_id: int) -> Choice:
    """Raises OutputError when not even x264 takes the settings, ValueError for a name that is none of CHOICES."""
    if settings.encoder not in CHOICES:
        raise ValueError(f"The encoder is {settings.encoder!r}; it must be one of {', '.join(CHOICES)}.")
    wanted = HARDWARE if settings.encoder == AUTO else {settings.encoder} & HARDWARE.keys()
    problems = []
    for name in wanted:
        problem = trial(name, HARDWARE[name], settings)
        if problem is None:
            return Choice(name, HardwareEncoder(name, HARDWARE[name], settings, track_id))
        problems.append(problem)
    notice = f"x264 encodes the pictures: {'; '.join(problems)}." if problems else ""
    return Choice(X264, PictureEncoder(settings, track_id), notice)
