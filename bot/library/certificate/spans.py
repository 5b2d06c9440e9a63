"""Spans of time as pairs of seconds, and sums of them."""

from collections.abc import Iterable, Sequence

Span = tuple[float, float]
Spans = tuple[Span, ...]


def merged(spans: Iterable[Span]) -> Spans:
    """In order, those that touch as one. A span without length stays, unless it is inside another."""
    result: list[Span] = []
    for begin, end in sorted(spans):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((begin, end))
    return tuple(result)


def total_s(spans: Iterable[Span]) -> float:
    """Of spans that do not overlap."""
    return sum(end - begin for begin, end in spans)


def longest(spans: Sequence[Span]) -> Span:
    """Raises ValueError for none."""
    return max(spans, key=lambda span: span[1] - span[0])
