"""Handlers for what can be looked at: the finished file, parts where there is none, poster, picture of now."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from bot.library.catalogue.recording import Recording
from bot.service.access.rights import Act
from bot.service.access.tokens import BadToken, Ticket, mint_ticket, read_ticket
from bot.service.api.answer_json import json_answer
from bot.service.api.disposition import content_disposition
from bot.service.api.download import Download, send
from bot.service.api.growing import Growth
from bot.service.api.permission import known_recording, whole_for
from bot.service.api.problem import Problem
from bot.service.api.route import Asked
from bot.service.api.service import Service
from bot.service.recording_json import moment

USUAL_WIDTH = 640
MOST_DOWNLOADS = 256  # each has a file open for as long as its reader likes
# A ticket for what is there so far is none for the finished file, which fewer may see in a breakout.
_FILE, _POSTER, _SO_FAR = "file", "poster", "so_far"

_growth = Growth()
_one_at_a_time = asyncio.Lock()
_places = asyncio.Semaphore(MOST_DOWNLOADS)


async def give_file(service: Service, asked: Asked) -> web.StreamResponse:
    part = asked.query.get("part")
    recording = _allowed(service, asked, _FILE)
    path = service.recordings.file_path(recording.id)
    if part is not None and path is None:
        return await _give_part(service, asked, recording, part)
    if part is not None:
        raise Problem(409, "The recording is over, and its parts are one file; leave `part` out.")
    if path is None and recording.path is None:
        why = "There is no file of this recording" if recording.is_over else "The file is not finished yet"
        raise Problem(409, f"{why}; `?part=1` gives what there is of its first part.")
    async with _opened(path) as descriptor:
        disposition = content_disposition(recording.file or "")
        return await send(asked.request, _finished(descriptor, "video/mp4", disposition))


async def _give_part(service: Service, asked: Asked, recording: Recording, part: int) -> web.StreamResponse:
    async with _opened(service.recordings.part_path(recording.id, part)) as descriptor:
        async with _one_at_a_time:
            end = await asyncio.to_thread(_growth.safe_end, descriptor, recording.id, part)
            if recording.is_over:
                _growth.forget(recording.id)
        return await send(asked.request, Download(descriptor, end, "video/mp4", tag=None))


async def give_poster(service: Service, asked: Asked) -> web.StreamResponse:
    recording = _allowed(service, asked, _POSTER)
    path = service.recordings.poster_path(recording.id)
    if path is None:
        raise Problem(404, "This recording has no poster: it has no picture yet.")
    async with _opened(path) as descriptor:
        return await send(asked.request, _finished(descriptor, "image/jpeg", None))


async def give_picture(service: Service, asked: Asked) -> web.StreamResponse:
    recording = whole_for(service, asked.who, asked.path["recording"], Act.SEE_PICTURE)
    if recording.is_over:
        raise Problem(409, "The recording is over; there is no picture of now. Its poster is at …/poster.")
    picture = await service.recordings.picture(recording.id, asked.query.get("width", USUAL_WIDTH))
    return web.Response(body=picture, content_type="image/jpeg")


async def make_link(service: Service, asked: Asked) -> web.StreamResponse:
    recording = whole_for(service, asked.who, asked.path["recording"], Act.SEE_PICTURE)
    what = asked.body["what"]
    meant = _SO_FAR if what == _FILE and not recording.is_over else what
    ticket, expires = mint_ticket(Ticket(recording.id, meant), service.keys, now_s=int(service.now_s()))
    url = f"/v1/recordings/{recording.id}/{what}?ticket={ticket}"
    return json_answer({"url": url, "expires_at": moment(expires)}, 201)


def _allowed(service: Service, asked: Asked, what: str) -> Recording:
    """By the person's rights, or by a ticket for this very thing. Raises Problem 401, 403 or 404."""
    if asked.person is not None:
        return whole_for(service, asked.person, asked.path["recording"], Act.SEE_PICTURE)
    try:
        ticket = read_ticket(asked.query["ticket"], service.keys, now_s=service.now_s())
    except BadToken:
        raise Problem(401, "The link has expired, or is damaged; ask for a new one by POST …/links.") from None
    recording = known_recording(service, asked.path["recording"])
    needed = _SO_FAR if what == _FILE and recording is not None and not recording.is_over else what
    if recording is None or ticket != Ticket(recording.id, needed):
        raise Problem(403, "This link is for something else; ask for a new one by POST …/links.")
    return recording


def _finished(descriptor: int, media_type: str, disposition: str | None) -> Download:
    facts = os.fstat(descriptor)
    tag = f"{facts.st_ino:x}-{facts.st_size:x}-{facts.st_mtime_ns:x}"
    return Download(descriptor, facts.st_size, media_type, tag, disposition)


@contextlib.asynccontextmanager
async def _opened(path: Path | None) -> AsyncIterator[int]:
    """The file, never through a symbolic link. Raises Problem 404, or 503 when too many are open."""
    if _places.locked():
        raise Problem(503, "Too many download already; try again in half a minute.", headers={"Retry-After": "30"})
    async with _places:
        try:
            if path is None:
                raise FileNotFoundError
            descriptor = await asyncio.to_thread(os.open, path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            raise Problem(404, "This file is not there, or not any more.") from None
        try:
            yield descriptor
        finally:
            os.close(descriptor)
