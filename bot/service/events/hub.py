"""Everything that happens, kept for a while and passed on to all who listen."""

import secrets
from collections import deque

from bot.library.catalogue.recording import Recording
from bot.notices import notices
from bot.service.events.entry import Entry, NoticeEntry, RecordingEntry
from bot.service.events.listener import MOST_WAITING, Listener

MOST_MISSED = MOST_WAITING // 2  # entries that are told again; whoever missed more begins anew
MOST_KEPT = 1000  # entries for those who lost their connection: an afternoon of a busy machine


class Hub:
    """`announce` and `live` are called on the event loop. What is kept is bounded: the oldest entry goes, and whoever
    asks for something older is told to begin anew."""

    def __init__(self, most_kept: int = MOST_KEPT) -> None:
        # Numbers begin anew with each start of the service; the epoch keeps a number of the last one from being
        # mistaken for one of this.
        self.epoch = secrets.token_hex(4)
        self.refused_slow = 0  # listeners that were given up on
        self._last = 0
        self._kept: deque[Entry] = deque(maxlen=most_kept)
        self._listeners: set[Listener] = set()

    @property
    def listening(self) -> int:
        return len(self._listeners)

    @property
    def last_id(self) -> str:
        return f"{self.epoch}-{self._last}"

    def announce(self, before: Recording | None, after: Recording) -> None:
        """A recording changed its state, or another of its lasting values."""
        self._tell(RecordingEntry(after, self._number()))
        past = None if before is None else before.state
        for notice in notices(past, after.state, part=after.parts):
            words = (str(notice.code), str(notice.audience), notice.text)
            self._tell(NoticeEntry(after, self._number(), *words))

    def live(self, recording: Recording) -> None:
        """Its figures, about once a second."""
        self._tell(RecordingEntry(recording, None))

    def join(self, listener: Listener, last_id: str | None) -> bool:
        """From now on it is told. With the id of the last thing it heard it is first told what it missed; False when
        that is no longer known."""
        missed = self._since(last_id) if last_id is not None else ()
        self._listeners.add(listener)
        for entry in missed or ():
            listener.tell(entry)
        return missed is not None

    def leave(self, listener: Listener) -> None:
        """May be called again."""
        if listener.overflowed and listener in self._listeners:
            self.refused_slow += 1
        self._listeners.discard(listener)

    def close(self) -> None:
        """All listeners hear that nothing more will come."""
        for listener in tuple(self._listeners):
            listener.end()

    def _number(self) -> int:
        self._last += 1
        return self._last

    def _tell(self, entry: Entry) -> None:
        if entry.number is not None:
            self._kept.append(entry)
        for listener in tuple(self._listeners):
            listener.tell(entry)

    def _since(self, last_id: str) -> tuple[Entry, ...] | None:
        epoch, _, digits = last_id.rpartition("-")
        if epoch != self.epoch or not (digits.isascii() and digits.isdigit() and len(digits) < 20):
            return None
        number = int(digits)
        oldest = self._kept[0].number if self._kept else None
        if number > self._last or (oldest is not None and number < oldest - 1):
            return None
        missed = tuple(entry for entry in self._kept if entry.number is not None and entry.number > number)
        return missed if len(missed) <= MOST_MISSED else None
