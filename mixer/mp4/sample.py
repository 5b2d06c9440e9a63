"""One encoded picture or block of sound on its way into a file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """Times are in the track's timescale; `dts` never goes back within a track and is never negative. The picture is
    shown at `dts + shift`, less the track's `media_start`."""

    dts: int
    duration: int
    shift: int
    keyframe: bool
    data: bytes
