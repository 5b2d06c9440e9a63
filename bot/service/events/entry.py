"""One thing that happened, as those see it who may."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.library.catalogue.recording import Recording
from bot.service.access.person import Person, PersonRole
from bot.service.access.portrait import PORTRAITS
from bot.service.access.sight import Sight, news_sight


@dataclass(frozen=True, slots=True)
class Entry:
    """`number` is None for what is told once a second: nobody asks for that again."""

    recording: Recording
    number: int | None

    def text_for(self, person: Person, epoch: str) -> bytes | None:
        """Lines of an event source (HTML, section 9.2), or None when it is not for that person."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class RecordingEntry(Entry):
    """A recording as it stands. Its texts are made once, however many read them."""

    _texts: dict[Sight, bytes] = field(default_factory=dict, compare=False, repr=False)

    def text_for(self, person: Person, epoch: str) -> bytes | None:
        seen = news_sight(person, self.recording)
        # Once a second nothing changes in what those see who only see the state.
        if seen is Sight.NOTHING or (self.number is None and seen is Sight.STATE):
            return None
        if seen not in self._texts:
            self._texts[seen] = event_text("recording", PORTRAITS[seen](self.recording), self.number, epoch)
        return self._texts[seen]


@dataclass(frozen=True, slots=True)
class NoticeEntry(Entry):
    """Words of the design, for an audience: everyone, moderators or participants."""

    code: str
    audience: str
    text: str

    def text_for(self, person: Person, epoch: str) -> bytes | None:
        if not self._is_for(person):
            return None
        values = {
            "room": self.recording.room,
            "recording": self.recording.id,
            "code": self.code,
            "audience": self.audience,
            "text": self.text,
        }
        return event_text("notice", values, self.number, epoch)

    def _is_for(self, person: Person) -> bool:
        """The service hears all of them; everybody else those of the room they are in."""
        if person.role is PersonRole.SERVICE:
            return True
        return person.room == self.recording.room and person.role in _AUDIENCES[self.audience]


_MODERATORS = frozenset({PersonRole.HOST, PersonRole.MODERATOR})
_AUDIENCES = {
    "everyone": _MODERATORS | {PersonRole.PARTICIPANT},
    "moderators": _MODERATORS,
    "participants": frozenset({PersonRole.PARTICIPANT}),
}


def event_text(name: str, values: Mapping[str, Any], number: int | None, epoch: str) -> bytes:
    """JSON has no line breaks of its own, so it is one `data` line."""
    numbered = f"id: {epoch}-{number}\n" if number is not None else ""
    return f"event: {name}\n{numbered}data: {json.dumps(values, separators=(',', ':'))}\n\n".encode()
