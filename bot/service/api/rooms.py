"""Handlers for rooms: what they are, what is recorded in them, and their breakouts."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from bot.library.catalogue.room_entry import RoomEntry
from bot.service.access.person import Person
from bot.service.access.rights import Act, Place, may
from bot.service.api.answer_json import json_answer
from bot.service.api.permission import room_for, shown
from bot.service.api.problem import Problem
from bot.service.api.room_entries import entry_from
from bot.service.api.route import Asked
from bot.service.api.service import Service
from bot.service.breakouts import Breakout, start_all, stop_all
from bot.service.ownership import put_room, room_alone

MOST_SHOWN = 50  # recordings of one room; the list has them all


async def tell_room(service: Service, asked: Asked) -> web.StreamResponse:
    entry = entry_from(asked.path["room"], asked.body, service.webhook_networks)
    await put_room(service.recordings, entry)
    return json_answer({"room": room_values(entry)})


async def show_room(service: Service, asked: Asked) -> web.StreamResponse:
    person = asked.who
    room = room_for(service, person, Act.SEE_ROOM, asked.path["room"])
    values = {"room": room_values(room), **_recorded(service, person, room)}
    breakouts = service.recordings.breakouts(room.id) if may(person, Act.SEE_BREAKOUTS, Place(room.id)) else ()
    values["breakouts"] = [{"room": room_values(each), **_recorded(service, person, each)} for each in breakouts]
    return json_answer(values)


async def close_room(service: Service, asked: Asked) -> web.StreamResponse:
    room = room_for(service, asked.who, Act.CLOSE_ROOM, asked.path["room"])
    await service.recordings.close_room(room.id)
    return json_answer({"room": room_values(room)})


async def tell_host(service: Service, asked: Asked) -> web.StreamResponse:
    room = room_for(service, asked.who, Act.TELL_HOST, asked.path["room"])
    await service.recordings.host(room.id, asked.body["present"], asked.body.get("identity"))
    return json_answer({"room": room_values(room)})


async def start_breakouts(service: Service, asked: Asked) -> web.StreamResponse:
    parent = _with_breakouts(service, asked)
    async with room_alone(service.recordings, parent.id):  # whoever gets these rooms just now gets their recordings
        outcomes = await start_all(service.recordings, parent.id, by=asked.who.identity)
    return _results(service, asked.who, outcomes)


async def stop_breakouts(service: Service, asked: Asked) -> web.StreamResponse:
    parent = _with_breakouts(service, asked)
    outcomes = await stop_all(service.recordings, parent.id)
    return _results(service, asked.who, outcomes)


def _with_breakouts(service: Service, asked: Asked) -> RoomEntry:
    room = room_for(service, asked.who, Act.BREAKOUTS, asked.path["room"])
    if not service.recordings.breakouts(room.id):
        raise Problem(404, "This room has no breakout rooms that the conferencing server has told of.")
    return room


def room_values(room: RoomEntry) -> dict[str, Any]:
    """What may be told of a room: not its URL, which may hold a pin, nor its token."""
    return {"id": room.id, "title": room.title, "kind": room.kind.value, "parent": room.parent}


def _recorded(service: Service, person: Person, room: RoomEntry) -> dict[str, Any]:
    active = service.recordings.active(room.id)
    listed = service.recordings.list(room=room.id, limit=MOST_SHOWN)
    known = [shown(service, person, recording) for recording in listed]
    return {
        "recording": shown(service, person, active),
        "recordings": [values for values in known if values is not None],
    }


def _results(service: Service, person: Person, outcomes: Sequence[Breakout]) -> web.StreamResponse:
    results = []
    for room, outcome in outcomes:
        told = {"problem": outcome} if isinstance(outcome, str) else {"recording": shown(service, person, outcome)}
        results.append({"room": room_values(room), **told})
    return json_answer({"results": results})
