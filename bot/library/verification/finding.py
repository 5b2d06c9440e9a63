"""What a verification says."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Trouble(StrEnum):
    NO_FILE = "no file"
    SIZE = "size"
    CHECKSUM = "checksum"
    NOT_PLAYABLE = "not playable"
    NO_MANIFEST = "no manifest"
    BAD_MANIFEST = "bad manifest"
    DISAGREEMENT = "disagreement"  # between manifest and catalogue
    COMPANION = "companion"
    UNFINISHED = "unfinished"  # and nobody at it
    GIVEN_UP = "given up"
    TRASH = "trash"
    DELIVERY = "delivery"
    UNKNOWN = "unknown"  # to the catalogue


@dataclass(frozen=True, slots=True)
class Finding:
    """`path` is relative to the library. `trouble` None: nothing is wrong, somebody is at it."""

    trouble: Trouble | None
    sentence: str
    recording: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Speaker:
    """Makes the findings about one recording, or about none."""

    library: Path
    recording: str | None = None

    def __call__(self, trouble: Trouble | None, sentence: str, path: Path | None = None) -> Finding:
        return Finding(trouble, sentence, self.recording, None if path is None else str(path.relative_to(self.library)))


@dataclass(slots=True)
class Verdict:
    recordings: int = 0
    bytes_read: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def wrong(self) -> list[Finding]:
        return [one for one in self.findings if one.trouble is not None]

    @property
    def under_way(self) -> list[Finding]:
        return [one for one in self.findings if one.trouble is None]
