"""Handlers for a recording's way to its destinations: for the conferencing server, and whoever runs the service."""

from collections.abc import Callable

from aiohttp import web

from bot.library.catalogue.recording import Recording
from bot.service.api.answer_json import json_answer
from bot.service.api.route import Asked
from bot.service.api.service import Service
from bot.service.recording_json import recording_values


async def retry(service: Service, asked: Asked) -> web.StreamResponse:
    publisher = service.recordings.publisher
    return _done(service, asked, lambda recording, name: publisher.retry(recording.id, name))


async def confirm(service: Service, asked: Asked) -> web.StreamResponse:
    publisher = service.recordings.publisher
    return _done(service, asked, lambda recording, name: publisher.confirm(recording, name, asked.body["sha256"]))


async def waive(service: Service, asked: Asked) -> web.StreamResponse:
    publisher = service.recordings.publisher
    return _done(service, asked, lambda recording, name: publisher.waive(recording.id, name))


def _done(service: Service, asked: Asked, act: Callable[[Recording, str], None]) -> web.StreamResponse:
    recording = service.recordings.get(asked.path["recording"])
    act(recording, asked.path["destination"])
    return json_answer(recording_values(service.recordings.get(recording.id)))
