"""What is told of a recording that is over, from its journal."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path

from bot.journal.chapters import chapters_of
from bot.journal.events import EVENTS_FILE, Events, events_of
from bot.journal.line import read_lines
from bot.journal.speakers import SPEAKERS_FILE, speakers_vtt
from bot.journal.story import Story, read_story
from bot.ledger import Ledger, all_of
from bot.library.replacement import replace_file
from bot.recording import Order

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class History:
    """`title`: of the recording."""

    story: Story
    order: Order
    title: str

    def ledger(self, before_part: int | None = None) -> Ledger:
        """Of the parts before that one, else of all."""
        ledgers = self.story.ledgers
        return all_of(ledgers[part] for part in sorted(ledgers) if before_part is None or part < before_part)

    def events(self, duration_ns: int) -> Events:
        """`duration_ns`: of the file."""
        return events_of(
            self.story,
            recording=self.order.recording_id,
            title=self.title,
            started=self.order.asked_at.isoformat(timespec="seconds"),
            duration_ns=duration_ns,
        )

    def chapters(self, duration_ns: int, *, speakers: bool) -> tuple[tuple[int, str], ...]:
        return chapters_of(self.events(duration_ns), speakers=speakers)

    def told(self, ledger: Ledger, duration_ns: int, *, speakers: bool) -> tuple[Ledger, tuple[tuple[int, str], ...]]:
        """The figures without those who were there only in a pause, as far as that is known; and `chapters`. After a
        day with forty participants it takes seconds."""
        events = self.events(duration_ns)
        return self._only_recorded(ledger, events), chapters_of(events, speakers=speakers)

    def _only_recorded(self, ledger: Ledger, events: Events) -> Ledger:
        if not self.story.is_whole or self.story.had_hole:
            return ledger
        return ledger.only({one.identity for one in events.participants})


def read_history(journal: Path, order: Order, title: str) -> History:
    """Blocks for the disk. Never raises: a recording without a history is a recording."""
    try:
        history = History(read_story(read_lines(journal)), order, title)
        history.chapters(history.story.until_ns, speakers=True)  # it can be told
    except Exception:
        log.exception("%s cannot be read", journal)
        return History(Story(), order, title)
    return history


def write_events(folder: Path, events: Events) -> None:
    """events.json and speakers.vtt, replaced as a whole. Raises OSError."""
    replace_file(folder / EVENTS_FILE, json.dumps(events.as_values(), indent=1, ensure_ascii=False).encode())
    replace_file(folder / SPEAKERS_FILE, speakers_vtt(events.participants).encode())
