"""Which bytes are asked for (RFC 9110, section 14)."""

import re
from dataclasses import dataclass

_ONE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.IGNORECASE | re.ASCII)


class Unsatisfiable(Exception):  # noqa: N818 - the RFC's word
    """The range begins behind the last byte."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """From `first` up to and without `end`."""

    first: int
    end: int


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """None where everything is to be sent: no header, another unit, nonsense, or several ranges at once, none of which
    must be honoured. Raises Unsatisfiable."""
    match = _ONE.fullmatch(header or "")
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        length = int(match[2])
        if length == 0 or size == 0:
            raise Unsatisfiable
        return ByteRange(max(0, size - length), size)
    first = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise Unsatisfiable
    return ByteRange(first, min(last + 1, size))
