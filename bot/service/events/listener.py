"""One who listens, and what waits to be sent there."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from bot.service.access.person import Person
from bot.service.events.entry import Entry

MOST_WAITING = 256  # entries; who is that far behind is not reading


@dataclass(frozen=True, slots=True)
class Interest:
    """What was asked for: everything that `person` may know; `room` narrows it to a room and its breakouts."""

    person: Person
    room: str | None

    def text_of(self, entry: Entry, epoch: str) -> bytes | None:
        if self.room is not None and self.room not in (entry.recording.room, entry.recording.parent):
            return None
        return entry.text_for(self.person, epoch)


class Listener:
    """A bounded queue. When it is full the listener is given up: it comes again and says what it heard last."""

    def __init__(
        self,
        interest: Interest,
        epoch: str,
        *,
        most_waiting: int = MOST_WAITING,
        on_overflow: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_overflow` is called once, when it is given up."""
        self.overflowed = False
        self._on_overflow = on_overflow
        self._interest = interest
        self._epoch = epoch
        self._most = most_waiting
        self._waiting: deque[bytes] = deque()
        self._ended = False
        self._something = asyncio.Event()

    def tell(self, entry: Entry) -> None:
        text = None if self._ended else self._interest.text_of(entry, self._epoch)
        if text is None:
            return
        if len(self._waiting) >= self._most:
            self.overflowed = True
            self._waiting.clear()
            self.end()
            self._on_overflow()
            return
        self._waiting.append(text)
        self._something.set()

    def end(self) -> None:
        """What waits is still handed out, then nothing. May be called again."""
        self._ended = True
        self._something.set()

    async def next(self) -> bytes:
        """All that waits, in one piece; empty when nothing more will come. One caller at a time."""
        await self._something.wait()
        text = b"".join(self._waiting)
        self._waiting.clear()
        if not self._ended:
            self._something.clear()
        return text
