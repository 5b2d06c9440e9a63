"""Reads JSON that others have written, takes what can be taken, and counts what cannot."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.library.certificate.spans import Span, Spans, merged


class Reading:
    """`unreadable` counts the entries that were there and could not be taken: the page owns up to them."""

    def __init__(self) -> None:
        self.unreadable = 0

    def number(self, values: Mapping[str, Any], name: str, default: float = 0.0) -> float:
        """Finite and not negative."""
        if values.get(name) is None:
            return default
        found = _number(values[name])
        if found is None:
            self.unreadable += 1
            return default
        return found

    def count(self, values: Mapping[str, Any], name: str) -> int:
        return round(self.number(values, name))

    def text(self, values: Mapping[str, Any], name: str) -> str:
        found = values.get(name)
        if found is None or isinstance(found, str):
            return found or ""
        self.unreadable += 1
        return ""

    def rows(self, values: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
        for row in self._list(values, name):
            if isinstance(row, Mapping):
                yield row
            else:
                self.unreadable += 1

    def spans(self, values: Mapping[str, Any], name: str, end_s: float) -> Spans:
        """Merged, and inside [0, end_s]: what lies beyond is a mark without length at the end."""
        return merged(span for row in self._list(values, name) if (span := self._span(row, end_s)) is not None)

    def span(self, row: Mapping[str, Any], end_s: float) -> Span | None:
        """Of an entry with `from_s` and `to_s`."""
        return self._span((row.get("from_s"), row.get("to_s")), end_s)

    def numbers(self, values: Mapping[str, Any], name: str) -> tuple[float, ...]:
        found = [_number(value) for value in self._list(values, name)]
        self.unreadable += found.count(None)
        return tuple(value for value in found if value is not None)

    def _list(self, values: Mapping[str, Any], name: str) -> Sequence[Any]:
        found = values.get(name)
        if found is None or isinstance(found, list | tuple):
            return found or ()
        self.unreadable += 1
        return ()

    def _span(self, row: object, end_s: float) -> Span | None:
        if isinstance(row, list | tuple) and len(row) == 2:
            begin, end = _number(row[0]), _number(row[1])
            if begin is not None and end is not None and begin <= end:
                return min(begin, end_s), min(end, end_s)
        self.unreadable += 1
        return None


def _number(value: object) -> float | None:
    if type(value) is float:  # nearly all of them
        return value if 0 <= value < math.inf else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) and found >= 0 else None
