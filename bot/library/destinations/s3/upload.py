"""A multipart upload as it is kept between processes."""

import hashlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from bot.library.destinations.s3.crc32 import crc32_of_all

MD5_ETAG = re.compile("[0-9a-f]{32}")


class Sums(StrEnum):
    """What the store works out of CRC-32s itself."""

    WHOLE = "whole"  # of the object
    PARTS = "parts"  # of each part, and one of those
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Part:
    etag: str  # without quotes
    crc32: int
    size: int


@dataclass(frozen=True, slots=True)
class Upload:
    key: str
    id: str
    part_bytes: int
    sums: Sums
    parts: Mapping[int, Part] = field(default_factory=dict)

    def with_part(self, number: int, part: Part) -> Self:
        return replace(self, parts={**self.parts, number: part})

    def only(self, numbers: set[int]) -> Self:
        return replace(self, parts={number: part for number, part in self.parts.items() if number in numbers})

    def in_order(self, count: int) -> list[Part]:
        """The first `count` parts, all of which must be there."""
        return [self.parts[number] for number in range(1, count + 1)]

    def values(self) -> dict[str, Any]:
        """JSON; compact, because 24 hours make thousands of parts."""
        parts = {str(number): [part.etag, part.crc32, part.size] for number, part in self.parts.items()}
        return {
            "key": self.key,
            "id": self.id,
            "part_bytes": self.part_bytes,
            "sums": str(self.sums),
            "parts": parts,
        }

    @classmethod
    def from_values(cls, values: Any) -> Self | None:
        """None for what is no upload."""
        try:
            parts = {int(number): Part(str(e), int(c), int(s)) for number, (e, c, s) in values["parts"].items()}
            return cls(str(values["key"]), str(values["id"]), int(values["part_bytes"]), Sums(values["sums"]), parts)
        except (KeyError, TypeError, ValueError, AttributeError):
            return None


@dataclass(frozen=True, slots=True)
class Whole:
    """What an object must be. `etag` and `composite` are empty where they are not known."""

    size: int
    crc32: int
    etag: str = ""
    composite: str = ""  # CRC-32 of the parts' CRC-32s, and how many: as `1a2b3c4d-17`

    def values(self) -> list[Any]:
        """JSON."""
        return [self.size, self.crc32, self.etag, self.composite]

    @classmethod
    def from_values(cls, values: Any) -> Self | None:
        """None for what is none."""
        try:
            size, crc32, etag, composite = values
            return cls(int(size), int(crc32), str(etag), str(composite))
        except (TypeError, ValueError):
            return None


def whole_of(parts: list[Part]) -> Whole:
    sums = b"".join(part.crc32.to_bytes(4) for part in parts)
    return Whole(
        size=sum(part.size for part in parts),
        crc32=crc32_of_all((part.crc32, part.size) for part in parts),
        etag=_etag([part.etag for part in parts]),
        composite=f"{zlib.crc32(sums):08x}-{len(parts)}",
    )


def _etag(etags: list[str]) -> str:
    """As S3 makes it, where the parts' are their MD5s (they are not where a key management service encrypts)."""
    if not all(MD5_ETAG.fullmatch(etag) for etag in etags):
        return ""
    together = b"".join(bytes.fromhex(etag) for etag in etags)
    return f"{hashlib.md5(together, usedforsecurity=False).hexdigest()}-{len(etags)}"
