"""Handlers for recordings: start, control, list, show."""

import hashlib
import json
from typing import Any

from aiohttp import web

from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.lifecycle import State
from bot.service.access.person import Person, PersonRole
from bot.service.access.rights import Act, Place
from bot.service.access.sight import place_of
from bot.service.api.answer_json import json_answer
from bot.service.api.names import KEY
from bot.service.api.permission import recording_for, require, room_for, shown
from bot.service.api.problem import Problem
from bot.service.api.room_entries import entry_from, entry_with
from bot.service.api.route import Asked
from bot.service.api.service import Service
from bot.service.api.shape import WrongShape
from bot.service.ownership import owners_followed, room_alone
from bot.service.recording_json import reduced_values

USUAL_LIMIT = 50


async def start(service: Service, asked: Asked) -> web.StreamResponse:
    fields = dict(asked.body["room"])
    room_id = fields.pop("id")
    async with room_alone(service.recordings, room_id, fields.get("parent")):
        room = _room(service, asked.who, room_id, fields)
        if "layout" in asked.body:
            require(asked.who, Act.LAYOUT, Place(room.id, room.parent))
        recording = await _start(service, asked, room)
    return json_answer(shown(service, asked.who, recording), 201, {"Location": f"/v1/recordings/{recording.id}"})


async def _start(service: Service, asked: Asked, room: RoomEntry) -> Recording:
    """What is refused, or was asked for before, tells nothing of the room."""
    recordings, by, key, body_hash = service.recordings, asked.who.identity, _key(asked.request), _hash(asked.body)
    if (known := recordings.asked_before(key, by, body_hash)) is not None:
        return known
    recordings.admit(room)
    async with owners_followed(recordings, room):
        return await recordings.start(
            room,
            by=by,
            title=asked.body.get("title") or None,
            layout=asked.body.get("layout"),
            key=key,
            body_hash=body_hash,
        )


def _room(service: Service, person: Person, room_id: str, fields: dict[str, Any]) -> RoomEntry:
    """Only the conferencing server says what a room is; others name one that it told of."""
    if not fields:
        return room_for(service, person, Act.START, room_id)
    require(person, Act.START, Place(room_id))
    if person.role is not PersonRole.SERVICE:
        raise Problem(403, "Only the conferencing server can say what a room is; send nothing but the room's id.")
    known = service.recordings.room(room_id)
    if "url" not in fields and known is None:
        raise Problem(400, "body.room.url is missing: this room has not been told of yet.")
    networks = service.webhook_networks
    return entry_from(room_id, fields, networks) if known is None else entry_with(known, fields, networks)


def _key(request: web.Request) -> str | None:
    text = request.headers.get("Idempotency-Key")
    try:
        return None if text is None else KEY.read(text, "Idempotency-Key")
    except WrongShape as error:
        raise Problem(400, str(error)) from None


def _hash(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


async def pause(service: Service, asked: Asked) -> web.StreamResponse:
    recording = _controlled(service, asked, Act.PAUSE)
    return json_answer(shown(service, asked.who, await service.recordings.pause(recording.id)))


async def resume(service: Service, asked: Asked) -> web.StreamResponse:
    recording = _controlled(service, asked, Act.RESUME)
    return json_answer(shown(service, asked.who, await service.recordings.resume(recording.id)))


async def stop(service: Service, asked: Asked) -> web.StreamResponse:
    recording = _controlled(service, asked, Act.STOP)
    stopped = await service.recordings.stop(recording.id)
    return json_answer(shown(service, asked.who, stopped) or reduced_values(stopped))


async def set_layout(service: Service, asked: Asked) -> web.StreamResponse:
    recording = _controlled(service, asked, Act.LAYOUT)
    return json_answer(
        shown(service, asked.who, await service.recordings.set_layout(recording.id, asked.body["layout"]))
    )


def _controlled(service: Service, asked: Asked, act: Act) -> Recording:
    recording = recording_for(service, asked.who, asked.path["recording"])
    require(asked.who, act, place_of(recording))
    return recording


async def show(service: Service, asked: Asked) -> web.StreamResponse:
    return json_answer(shown(service, asked.who, recording_for(service, asked.who, asked.path["recording"])))


async def list_recordings(service: Service, asked: Asked) -> web.StreamResponse:
    """The newest first. `next` is the cursor of the next page, null on the last."""
    person, query = asked.who, asked.query
    room = query.get("room", person.room)
    if room is not None:
        known = service.recordings.room(room)
        require(person, Act.SEE_ROOM, Place(room, known.parent if known is not None else None))
    limit = query.get("limit", USUAL_LIMIT)
    found = service.recordings.list(
        room=room,
        states=(State(query["state"]),) if "state" in query else None,
        limit=limit + 1,
        before=query.get("cursor"),
    )
    page = found[:limit]
    known_values = [shown(service, person, recording) for recording in page]
    return json_answer(
        {
            "recordings": [values for values in known_values if values is not None],
            "next": page[-1].id if len(found) > limit else None,
        }
    )
