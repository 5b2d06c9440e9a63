"""Handlers for where people look for recordings: a room's Media and Files, and My Media."""

from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from bot.library.catalogue.media_rows import MediaRows
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.places import BREAKOUTS, EVERYBODY
from bot.service.access.person import Person, PersonRole
from bot.service.access.portrait import PORTRAITS
from bot.service.access.rights import Act, Place, may
from bot.service.access.sight import Sight, owns
from bot.service.api.answer_json import json_answer
from bot.service.api.permission import editors, recording_for, require, require_of, seen, shown
from bot.service.api.problem import Problem
from bot.service.api.rooms import room_values
from bot.service.api.route import Asked
from bot.service.api.service import Service
from bot.service.ownership import hand_over
from bot.service.recording_json import reduced_values

USUAL_LIMIT = 50

_Find = Callable[[int], Sequence[Recording]]  # at most so many


async def show_media(service: Service, asked: Asked) -> web.StreamResponse:
    """Its folders, as far as they are for this person."""
    person, room_id, query = asked.who, asked.path["room"], asked.query
    room = service.recordings.room(room_id) or _remembered(service, room_id)
    place = Place(room_id, room.parent if room is not None else None)
    require(person, Act.SEE_RECORDINGS, place)
    if room is None:
        raise Problem(404, "This room is not known yet: the conferencing server has to tell of it by PUT /v1/rooms/ID.")
    rows, before, limit = MediaRows(service.recordings.database), query.get("cursor"), query.get("limit", USUAL_LIMIT)
    finds: dict[str, _Find] = {}
    if place.parent is None:
        finds[EVERYBODY.folder] = lambda most: rows.of_room(room_id, limit=most, before=before)
    if may(person, Act.SEE_BREAKOUTS, place):
        finds[BREAKOUTS.folder] = lambda most: rows.of_breakouts(room_id, limit=most, before=before)
    wanted = query.get("folder")
    folders = [
        {"name": name, **_page(service, person, find, limit)} for name, find in finds.items() if wanted in {None, name}
    ]
    return json_answer({"room": room_values(room), "folders": folders})


def _remembered(service: Service, room_id: str) -> RoomEntry | None:
    """What its recordings know of a room that nobody has told of since the catalogue was made anew."""
    for one in service.recordings.list(room=room_id, limit=1):
        return RoomEntry(room_id, "", title=one.room_title, kind=one.room_kind, parent=one.parent)
    return RoomEntry(room_id, "") if service.recordings.list(parent=room_id, limit=1) else None


def _page(service: Service, person: Person, find: _Find, limit: int) -> dict[str, Any]:
    """Only what is finished: of what is still on its way a participant knows no more than that."""
    found = [service.recordings.get(one.id) for one in find(limit + 1)]
    sights = [(seen(service, person, one), one) for one in found[:limit]]
    return {
        "recordings": [PORTRAITS[sight](one) for sight, one in sights if sight is Sight.HELD or sight.has_file],
        "next": found[limit - 1].id if len(found) > limit else None,
    }


async def show_own(service: Service, asked: Asked) -> web.StreamResponse:
    """My Media: with the identity's own token, whatever room it is for."""
    person, identity = asked.who, asked.path["identity"]
    if person.role is not PersonRole.SERVICE and person.identity != identity:
        raise Problem(403, "This is somebody else's; your own media are at /v1/identities/YOUR_IDENTITY/media.")
    limit = asked.query.get("limit", USUAL_LIMIT)
    rows = MediaRows(service.recordings.database)
    named = rows.of_owner(identity, limit=limit + 1, before=asked.query.get("cursor"))
    found = [service.recordings.get(one.id) for one in named]
    owner = Person(identity=identity, role=PersonRole.PARTICIPANT)
    mine = [one for one in found[:limit] if not one.held and owns(owner, one, editors(service, owner, one))]
    values = [PORTRAITS[Sight.WHOLE](one) for one in mine]
    return json_answer({"recordings": values, "next": found[limit - 1].id if len(found) > limit else None})


async def set_owner(service: Service, asked: Asked) -> web.StreamResponse:
    recording = recording_for(service, asked.who, asked.path["recording"])
    require_of(service, asked.who, Act.HAND_OVER, recording)
    if asked.who.role is not PersonRole.SERVICE and asked.who.identity != recording.owner:
        raise Problem(403, "Only its owner gives a recording away; whoever owns the room with them does not.")
    after = hand_over(service.recordings, recording.id, asked.body["owner"])
    return json_answer(shown(service, asked.who, after) or reduced_values(after))
