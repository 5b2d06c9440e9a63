"""Handlers for those who run the service, and for whoever wants to know who they are."""

from aiohttp import web

from bot.service.access.rights import permissions
from bot.service.api.answer_json import json_answer
from bot.service.api.route import Asked
from bot.service.api.service import Service
from bot.service.health import liveness, readiness
from bot.service.recording_json import moment


async def livez(_service: Service, _asked: Asked) -> web.StreamResponse:
    health = liveness()
    return json_answer(health.as_values(), health.status)


async def readyz(service: Service, _asked: Asked) -> web.StreamResponse:
    can_accept, why_not = service.recordings.capacity()
    health = readiness(can_accept=can_accept, why_not=why_not, draining=service.recordings.draining)
    return json_answer(health.as_values(), health.status)


async def metrics(service: Service, _asked: Asked) -> web.StreamResponse:
    body, content_type = service.metrics.render()
    return web.Response(body=body, headers={"Content-Type": content_type})


async def openapi(service: Service, _asked: Asked) -> web.StreamResponse:
    return web.Response(body=service.document, content_type="application/json", headers={"Cache-Control": "no-cache"})


async def me(_service: Service, asked: Asked) -> web.StreamResponse:
    person = asked.who
    return json_answer(
        {
            "identity": person.identity,
            "name": person.name,
            "role": person.role.value,
            "room": person.room,
            "rights": sorted(person.rights),
            "device": person.device.value,
            "expires_at": moment(person.expires_at),
            "may": permissions(person),
        }
    )
