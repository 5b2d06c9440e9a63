"""How much of a recording somebody may see."""

from collections.abc import Collection
from enum import Enum

from bot.library.catalogue.recording import Recording
from bot.library.places import PLACES
from bot.lifecycle import State
from bot.service.access.person import Person
from bot.service.access.rights import Act, Place, Standing, may, standing


class Sight(Enum):
    NOTHING = 0
    STATE = 1  # that it is there, and its state
    HELD = 2  # that there is one, which nobody can have before its room is closed
    WATCHED = 3  # the file, and all that is said of it but where its copies are
    WHOLE = 4

    @property
    def has_file(self) -> bool:
        return self in {Sight.WATCHED, Sight.WHOLE}


def place_of(recording: Recording) -> Place:
    return Place(recording.room, recording.parent)


def owns(person: Person, recording: Recording, editors: Collection[str]) -> bool:
    """`editors`: who owns it together with its owner."""
    return person.identity == recording.owner or person.identity in editors


def folder_act(recording: Recording) -> Act:
    """What one must be allowed to see to see the folder that it is in."""
    return Act.SEE_BREAKOUTS if PLACES[recording.room_kind].moderators_only else Act.SEE_RECORDINGS


def sight(person: Person, recording: Recording, editors: Collection[str] = ()) -> Sight:
    """While it runs everyone in the room sees that it does; afterwards its folder says who sees it, and whoever owns
    it does. What is held back is the service's, and what is in the trash too."""
    place = place_of(recording)
    if standing(person, place) is Standing.SERVICE:
        return Sight.WHOLE
    if recording.trashed_at is not None:
        return Sight.NOTHING
    if recording.is_in_room:
        return _sight_running(person, place)
    if recording.held:
        return Sight.HELD if may(person, Act.SEE_BREAKOUTS, place) else Sight.NOTHING
    own = owns(person, recording, editors)
    allowed = may(person, folder_act(recording), place, owns=own)
    if recording.state is State.UPLOADING:
        return _sight_on_the_way(person, place, allowed=allowed, own=own)
    return _sight_finished(person, place, own=own) if allowed else Sight.NOTHING


def _sight_finished(person: Person, place: Place, *, own: bool) -> Sight:
    return Sight.WHOLE if may(person, Act.SEE_REPORT, place, owns=own) else Sight.WATCHED


def _sight_running(person: Person, place: Place) -> Sight:
    if may(person, Act.SEE_COUNTER, place):
        return Sight.WHOLE
    return Sight.STATE if may(person, Act.SEE_ROOM, place) else Sight.NOTHING


def _sight_on_the_way(person: Person, place: Place, *, allowed: bool, own: bool) -> Sight:
    """Finished, and not yet everywhere: those who could see it being made have it at once, all others when it is
    published."""
    if allowed and (own or may(person, Act.SEE_COUNTER, place)):
        return _sight_finished(person, place, own=own)
    return Sight.STATE if may(person, Act.SEE_ROOM, place) else Sight.NOTHING


def news_sight(person: Person, recording: Recording) -> Sight:
    """The same for events: those in the room learn that it is over, whoever may see the file. Nobody learns that it
    was thrown away."""
    seen = sight(person, recording)
    if seen is Sight.NOTHING and recording.trashed_at is None and may(person, Act.SEE_ROOM, place_of(recording)):
        return Sight.STATE
    return seen
