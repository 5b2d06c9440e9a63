"""How much of a recording somebody may see."""

from enum import Enum

from bot.library.catalogue.recording import Recording
from bot.library.places import PLACES
from bot.service.access.person import Person
from bot.service.access.rights import Act, Place, may


class Sight(Enum):
    NOTHING = 0
    STATE = 1  # that it is there, and its state
    WHOLE = 2


def place_of(recording: Recording) -> Place:
    return Place(recording.room, recording.parent)


def sight(person: Person, recording: Recording) -> Sight:
    """While it runs everyone in the room sees that it does; afterwards its folder says who sees it."""
    place = place_of(recording)
    if not recording.is_over:
        if may(person, Act.SEE_COUNTER, place):
            return Sight.WHOLE
        return Sight.STATE if may(person, Act.SEE_ROOM, place) else Sight.NOTHING
    hidden = PLACES[recording.room_kind].moderators_only
    return Sight.WHOLE if may(person, Act.SEE_BREAKOUTS if hidden else Act.SEE_RECORDINGS, place) else Sight.NOTHING


def news_sight(person: Person, recording: Recording) -> Sight:
    """The same for events: those in the room learn that it is over, whoever may see the file."""
    seen = sight(person, recording)
    if seen is Sight.NOTHING and may(person, Act.SEE_ROOM, place_of(recording)):
        return Sight.STATE
    return seen
