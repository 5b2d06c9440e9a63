"""Handlers for throwing recordings away, and for bringing them back."""

from dataclasses import replace

from aiohttp import web

from bot.library.catalogue.recording import Recording
from bot.service.access.person import PersonRole
from bot.service.access.portrait import PORTRAITS
from bot.service.access.rights import Act, may, refusal
from bot.service.access.sight import place_of
from bot.service.api.answer_json import json_answer
from bot.service.api.permission import known_recording, recording_for, seen
from bot.service.api.problem import Problem
from bot.service.api.route import Asked
from bot.service.api.service import Service
from bot.service.recording_json import reduced_values


async def throw_away(service: Service, asked: Asked) -> web.StreamResponse:
    """Into the trash; twice is once."""
    recording = _own(service, asked)
    thrown = await service.sweeper.disposal.throw(recording.id, now_s=service.now_s())
    return _answer(service, asked, thrown)


async def restore(service: Service, asked: Asked) -> web.StreamResponse:
    recording = _own(service, asked)
    return _answer(service, asked, await service.sweeper.disposal.restore(recording.id))


def _answer(service: Service, asked: Asked, recording: Recording) -> web.StreamResponse:
    """As much of it as its owner sees outside the trash."""
    portrait = PORTRAITS.get(seen(service, asked.who, replace(recording, trashed_at=None)), reduced_values)
    return json_answer(portrait(recording))


def _own(service: Service, asked: Asked) -> Recording:
    """In the trash too, where nobody else sees it. Raises Problem 403 or 404."""
    person, recording = asked.who, known_recording(service, asked.path["recording"])
    if recording is not None and (person.role is PersonRole.SERVICE or person.identity == recording.owner):
        if not may(person, Act.REMOVE, place_of(recording), owns=True):
            raise Problem(403, refusal(person, Act.REMOVE, place_of(recording), owns=True))
        return recording
    recording_for(service, person, asked.path["recording"])
    raise Problem(403, "Only the conferencing server and its owner throw a recording away, or bring it back.")
