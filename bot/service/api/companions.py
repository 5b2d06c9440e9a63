"""Handlers for what goes with a finished file: its names come from a table, its bytes from the recording's folder."""

import asyncio
import contextlib
import os
import re
from pathlib import Path

from aiohttp import web

from bot.library.catalogue.recording import Recording
from bot.library.places import work_folder
from bot.service.access.companion import Companion, What, companion, needed
from bot.service.access.person import Person
from bot.service.access.rights import ALONE, Act, may
from bot.service.access.sight import owns, place_of
from bot.service.api.answer_json import json_answer
from bot.service.api.download import send
from bot.service.api.links import allowed
from bot.service.api.opened import opened, whole
from bot.service.api.permission import editors, whole_for
from bot.service.api.problem import Problem
from bot.service.api.route import Asked
from bot.service.api.service import Service

DEEDS = (Act.SHARE, Act.HAND_OVER, Act.REMOVE)  # what a page offers beside the recording
_SEEK_TEXT = "seek.vtt"
_MOST_TEXT_BYTES = 4 << 20
_PICTURE_LINE = re.compile(r"^(seek-\d+\.jpg)(#|$)", re.MULTILINE | re.ASCII)


async def give_companion(service: Service, asked: Asked) -> web.StreamResponse:
    name = asked.path["name"]
    known = companion(name)
    if known is None:
        raise Problem(404, "There is no companion of that name; …/companions lists those of a recording.")
    recording = allowed(service, asked, known.what)
    path = _path(service, recording, name)
    if name == _SEEK_TEXT and asked.person is None:
        return await _seek_text(path, known, asked.query["ticket"])
    async with opened(path) as descriptor:
        return await send(asked.request, whole(descriptor, known.media_type, more=dict(known.headers)))


async def _seek_text(path: Path, known: Companion, ticket: str) -> web.StreamResponse:
    """Its pictures go by names beside it, which lose the ticket: they are given it here. One link opens them all."""
    async with opened(path) as descriptor:
        text = await asyncio.to_thread(os.pread, descriptor, _MOST_TEXT_BYTES, 0)
    body = _PICTURE_LINE.sub(lambda line: f"{line[1]}?ticket={ticket}{line[2]}", text.decode("utf-8", "replace"))
    return web.Response(body=body.encode(), headers={"Content-Type": known.media_type})


async def list_companions(service: Service, asked: Asked) -> web.StreamResponse:
    """Those that are there, and that this person may have."""
    recording = whole_for(service, asked.who, asked.path["recording"], Act.SEE_PICTURE)
    own = not recording.is_in_room and owns(asked.who, recording, editors(service, asked.who, recording))

    def is_for(what: What) -> bool:
        act = needed(what)
        return act is None or may(asked.who, act, place_of(recording), owns=own)

    found = await asyncio.to_thread(_found, work_folder(service.recordings.library, recording.id))
    return json_answer(
        {
            "companions": [
                {"name": name, "what": known.what.value, "media_type": known.media_type, "size_bytes": size}
                for name, known, size in found
                if is_for(known.what)
            ],
            "may": {act.value: _may(asked.who, act, recording, own=own) for act in DEEDS},
        }
    )


def _may(person: Person, act: Act, recording: Recording, *, own: bool) -> bool:
    alone = act not in ALONE or person.identity == recording.owner
    return may(person, act, place_of(recording), owns=own and alone)


def _path(service: Service, recording: Recording, name: str) -> Path:
    return work_folder(service.recordings.library, recording.id) / name


def _found(folder: Path) -> list[tuple[str, Companion, int]]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    found = []
    for path in entries:
        known = companion(path.name)
        with contextlib.suppress(OSError):  # it is being replaced, or thrown away
            if known is not None and path.is_file() and not path.is_symlink():
                found.append((path.name, known, path.stat().st_size))
    return found
