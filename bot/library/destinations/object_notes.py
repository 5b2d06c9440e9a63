"""What a delivery to an object store keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bot.library.destinations.destination import Evidence, Memory

SIGN_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Found:
    """An object as the store describes it; it has another ETag or version when anybody has written it again."""

    size: int
    etag: str
    version: str = ""

    @property
    def details(self) -> dict[str, str]:
        return {name: value for name, value in (("etag", self.etag), ("version", self.version)) if value}

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        return cls(evidence.size, evidence.details.get("etag", ""), evidence.details.get("version", ""))

    @classmethod
    def from_values(cls, values: Any) -> Self | None:
        """None for what is none."""
        try:
            size, etag, version = values
            return cls(int(size), str(etag), str(version))
        except (TypeError, ValueError):
            return None


class Notes:
    """Each change is on disk when the method returns. The key that was chosen first stays."""

    def __init__(self, memory: Memory, key: str) -> None:
        self._memory = memory
        self._shown_s = 0.0
        values = memory.values
        self.key = str(values.get("key") or key)
        self.sent = bool(values.get("sent"))  # at least begun
        self.found: Found | None = Found.from_values(values.get("object"))  # compared
        self._sum: Any = values.get("sum")
        kept = values.get("companions", {})
        self.companions: Mapping[str, str] = dict(kept) if isinstance(kept, Mapping) else {}  # name to checksum

    def sum_of(self, stamp: tuple[int, int]) -> int | None:
        """The CRC-32 of the file with that size and moment of its last writing; None: not worked out."""
        match self._sum:
            case [int(size), int(written_ns), int(crc32)] if (size, written_ns) == stamp:
                return crc32
        return None

    def note_sum(self, stamp: tuple[int, int], crc32: int) -> None:
        self._sum = [*stamp, crc32]
        self._keep()

    def begin(self) -> None:
        self.sent, self.found = True, None
        self._keep()

    def show_life(self, now_s: float) -> None:
        """Keeps what is kept, once in a while: whoever watches a long sending sees that it goes on."""
        if now_s - self._shown_s >= SIGN_EVERY_S:
            self._shown_s = now_s
            self._keep()

    def confirm(self, found: Found) -> None:
        self.found = found
        self._keep()

    def note_companion(self, name: str, checksum: str) -> None:
        self.companions = {**self.companions, name: checksum}
        self._keep()

    def _keep(self) -> None:
        values: dict[str, Any] = {"key": self.key, "sent": self.sent, "companions": dict(self.companions)}
        if self._sum is not None:
            values["sum"] = self._sum
        if self.found is not None:
            values["object"] = [self.found.size, self.found.etag, self.found.version]
        self._memory.keep(values)
