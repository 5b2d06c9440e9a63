"""What the mixer is told about a track it mixes."""

from dataclasses import dataclass
from enum import StrEnum


class SourceKind(StrEnum):
    AUDIO = "audio"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Source:
    """One track to mix. `participant` is the stable identity: a source that comes back under another track id but the
    same participant and role takes its old place in the layout."""

    track: str
    participant: str
    kind: SourceKind
    stage: bool  # shown large (presentation, screen share); audio: the stage's own sound


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels."""

    width: int
    height: int
