"""Reads an event source (HTML, section 9.2.6), as far as this service uses it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MOST_WAITING = 1 << 20  # bytes of one event; beyond that it is none of ours


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: Any
    id: str


class EventReader:
    """Fed with bytes as they come. Raises ValueError for what is no event of ours."""

    def __init__(self) -> None:
        self._waiting = b""
        self._last_id = ""

    def read(self, data: bytes) -> Iterator[Event]:
        self._waiting += data
        *whole, self._waiting = self._waiting.split(b"\n\n")
        if len(self._waiting) > MOST_WAITING:
            raise ValueError("an event without an end")
        for text in whole:
            event = self._event(text.decode("utf-8"))
            if event is not None:
                yield event

    def _event(self, text: str) -> Event | None:
        fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line and not line.startswith(":"))
        self._last_id = fields.get("id", self._last_id)
        if "data" not in fields:
            return None
        return Event(fields.get("event", "message"), json.loads(fields["data"]), self._last_id)
