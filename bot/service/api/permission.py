"""The rights table applied to a request: what is looked up, and the refusal."""

from typing import Any

from bot.errors import UnknownRecording
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.places import editors_of
from bot.service.access.person import Person, PersonRole
from bot.service.access.portrait import PORTRAITS
from bot.service.access.rights import Act, Place, may, refusal
from bot.service.access.sight import Sight, owns, place_of, sight
from bot.service.api.problem import Problem
from bot.service.api.service import Service


def require(person: Person, act: Act, place: Place) -> None:
    """Raises Problem 403."""
    if not may(person, act, place):
        raise Problem(403, refusal(person, act, place))


def room_for(service: Service, person: Person, act: Act, room_id: str) -> RoomEntry:
    """The room, for someone who may. Whether a room is known is told to nobody else. Raises Problem 403 or 404."""
    room = service.recordings.room(room_id)
    require(person, act, Place(room_id, room.parent if room is not None else None))
    if room is None:
        raise Problem(404, "This room is not known yet: the conferencing server has to tell of it by PUT /v1/rooms/ID.")
    return room


def require_of(service: Service, person: Person, act: Act, recording: Recording) -> None:
    """The same for what may be somebody's own: a finished recording. Raises Problem 403."""
    place = place_of(recording)
    own = not recording.is_in_room and owns(person, recording, editors(service, person, recording))
    if not may(person, act, place, owns=own):
        raise Problem(403, refusal(person, act, place, owns=own))


def editors(service: Service, person: Person, recording: Recording) -> tuple[str, ...]:
    """Who owns it with its owner, as the rooms are now."""
    if person.role is PersonRole.SERVICE:
        return ()  # sees everything as it is
    room = service.recordings.room(recording.room)
    parent = service.recordings.room(room.parent) if room is not None and room.parent is not None else None
    return editors_of(room, parent, recording.owner)


def seen(service: Service, person: Person, recording: Recording) -> Sight:
    return sight(person, recording, editors(service, person, recording))


def recording_for(service: Service, person: Person, recording_id: str) -> Recording:
    """One that the person may see something of. Raises Problem 404."""
    recording = known_recording(service, recording_id)
    if recording is None or seen(service, person, recording) is Sight.NOTHING:
        raise Problem(404, "There is no such recording, or it is not for you to see. Check its id and your token.")
    return recording


def known_recording(service: Service, recording_id: str) -> Recording | None:
    try:
        return service.recordings.get(recording_id)
    except UnknownRecording:
        return None


def shown(service: Service, person: Person, recording: Recording | None) -> dict[str, Any] | None:
    """As much of it as the person may see."""
    if recording is None:
        return None
    values = PORTRAITS.get(seen(service, person, recording))
    return None if values is None else values(recording)


def whole_for(service: Service, person: Person, recording_id: str, act: Act) -> Recording:
    """One of which the person may have pictures and sound: while it is made those with a right to `act`. Raises Problem
    403 or 404."""
    recording = recording_for(service, person, recording_id)
    if recording.is_in_room:
        require(person, act, place_of(recording))
        return recording
    known = seen(service, person, recording)
    if known is Sight.HELD:
        raise Problem(403, "This recording is held back until its room is closed.")
    if not known.has_file:
        raise Problem(403, "This recording is not published yet; its owner and the moderators have it already.")
    return recording
