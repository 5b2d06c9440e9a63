"""Stretches of a recording's time."""

from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """Nanoseconds of the file."""

    from_ns: int
    to_ns: int


def merged(
    spans: Iterable[Span], *, bridge_ns: int = 0, until_ns: int | None = None, least_ns: int = 1
) -> tuple[Span, ...]:
    """In order, without overlap; those that are at most `bridge_ns` apart are one. What lies behind `until_ns` is cut
    off, and what then lasts less than `least_ns` is left out."""
    result: list[Span] = []
    for from_ns, to_ns in sorted(spans):
        begin_ns = max(0, from_ns)
        end_ns = to_ns if until_ns is None else min(to_ns, until_ns)
        if end_ns <= begin_ns:
            continue
        if result and begin_ns - result[-1].to_ns <= bridge_ns:
            result[-1] = Span(result[-1].from_ns, max(result[-1].to_ns, end_ns))
        else:
            result.append(Span(begin_ns, end_ns))
    return tuple(span for span in result if span.to_ns - span.from_ns >= least_ns)
