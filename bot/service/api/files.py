"""Handlers for what can be looked at: the finished file, parts where there is none, poster, picture of now."""

import asyncio

from aiohttp import web

from bot.library.catalogue.recording import Recording
from bot.library.disposition import content_disposition
from bot.service.access.companion import What
from bot.service.access.rights import Act
from bot.service.api.download import Download, send
from bot.service.api.growing import Growth
from bot.service.api.links import allowed
from bot.service.api.opened import opened, whole
from bot.service.api.permission import whole_for
from bot.service.api.problem import Problem
from bot.service.api.route import Asked
from bot.service.api.service import Service

USUAL_WIDTH = 640

_growth = Growth()
_one_at_a_time = asyncio.Lock()


async def give_file(service: Service, asked: Asked) -> web.StreamResponse:
    part = asked.query.get("part")
    recording = allowed(service, asked, What.FILE)
    path = service.recordings.file_path(recording.id)
    if part is not None and path is None:
        return await _give_part(service, asked, recording, part)
    if part is not None:
        raise Problem(409, "The recording is over, and its parts are one file; leave `part` out.")
    if path is None and recording.path is None:
        why = "There is no file of this recording" if recording.is_over else "The file is not finished yet"
        raise Problem(409, f"{why}; `?part=1` gives what there is of its first part.")
    async with opened(path) as descriptor:
        disposition = content_disposition(recording.file or "")
        return await send(asked.request, whole(descriptor, "video/mp4", disposition))


async def _give_part(service: Service, asked: Asked, recording: Recording, part: int) -> web.StreamResponse:
    async with opened(service.recordings.part_path(recording.id, part)) as descriptor:
        async with _one_at_a_time:
            end = await asyncio.to_thread(_growth.safe_end, descriptor, recording.id, part)
            if recording.is_over:
                _growth.forget(recording.id)
        return await send(asked.request, Download(descriptor, end, "video/mp4", tag=None))


async def give_poster(service: Service, asked: Asked) -> web.StreamResponse:
    recording = allowed(service, asked, What.POSTER)
    path = service.recordings.poster_path(recording.id)
    if path is None:
        raise Problem(404, "This recording has no poster: it has no picture yet.")
    async with opened(path) as descriptor:
        return await send(asked.request, whole(descriptor, "image/jpeg"))


async def give_picture(service: Service, asked: Asked) -> web.StreamResponse:
    recording = whole_for(service, asked.who, asked.path["recording"], Act.SEE_PICTURE)
    if recording.is_over:
        raise Problem(409, "The recording is over; there is no picture of now. Its poster is at …/poster.")
    picture = await service.recordings.picture(recording.id, asked.query.get("width", USUAL_WIDTH))
    return web.Response(body=picture, content_type="image/jpeg")
