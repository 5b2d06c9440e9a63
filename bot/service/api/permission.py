"""The rights table applied to a request: what is looked up, and the refusal."""

from typing import Any

from bot.errors import UnknownRecording
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.service.access.person import Person
from bot.service.access.rights import Act, Place, may, refusal
from bot.service.access.sight import Sight, place_of, sight
from bot.service.api.problem import Problem
from bot.service.api.service import Service
from bot.service.recording_json import recording_values, reduced_values


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


def recording_for(service: Service, person: Person, recording_id: str) -> Recording:
    """One that the person may see something of. Raises Problem 404."""
    recording = known_recording(service, recording_id)
    if recording is None or sight(person, recording) is Sight.NOTHING:
        raise Problem(404, "There is no such recording, or it is not for you to see. Check its id and your token.")
    return recording


def known_recording(service: Service, recording_id: str) -> Recording | None:
    try:
        return service.recordings.get(recording_id)
    except UnknownRecording:
        return None


def shown(person: Person, recording: Recording | None) -> dict[str, Any] | None:
    """As much of it as the person may see."""
    seen = Sight.NOTHING if recording is None else sight(person, recording)
    if recording is None or seen is Sight.NOTHING:
        return None
    return recording_values(recording) if seen is Sight.WHOLE else reduced_values(recording)


def whole_for(service: Service, person: Person, recording_id: str, act: Act) -> Recording:
    """One of which the person may have pictures and sound. Raises Problem 403 or 404."""
    recording = recording_for(service, person, recording_id)
    if not recording.is_over:
        require(person, act, place_of(recording))
    return recording
