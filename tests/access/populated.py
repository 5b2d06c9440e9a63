"""A service with a room of each kind, a finished recording in each, and everybody who may ask for it."""

import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import aiohttp

from bot.configuration import Configuration
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.recording_rows import RecordingRows
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.places import PLACES, media_folder, owner_of, work_folder
from bot.lifecycle import EndReason, State
from bot.service.access.keys import KeyRing
from bot.service.access.person import Device, Person, PersonRole, Right
from bot.service.access.tokens import mint
from bot.service.api.service import Service
from bot.service.app import running_service
from bot.service.serving import keys_for, listening
from bot.service.spares import Spares
from signaling.model import RoomKind
from tests.service_core.running import configured

NOWHERE = "roomreel+ws://127.0.0.1:9/rooms/nowhere"  # nobody listens on discard's port
STARTER, OWNER, EDITOR, PARENTS_OWNER = "starter", "olga", "edi", "paul"
FILE = b"a finished file"
COMPANIONS = {
    "poster.jpg": b"\xff\xd8poster",
    "contact-sheet.jpg": b"\xff\xd8sheet",
    "seek.vtt": b"WEBVTT\n\n00:00.000 --> 00:10.000\nseek-001.jpg#xywh=0,0,160,90\n",
    "seek-001.jpg": b"\xff\xd8seek",
    "report.html": b"<!doctype html><title>report</title>",
    "report.json": b"{}",
    "events.json": b'{"version": 1}',
    "speakers.vtt": b"WEBVTT\n",
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Populated:
    """Use `populated`."""

    def __init__(self, service: Service, session: aiohttp.ClientSession, url: str) -> None:
        self.service = service
        self.url = url
        self.library: Path = service.recordings.library
        self._session = session
        self._rows = RecordingRows(service.recordings.database)

    def token(
        self,
        identity: str,
        role: PersonRole = PersonRole.SERVICE,
        room: str | None = None,
        *,
        device: Device = Device.DESKTOP,
        rights: Iterable[Right] = (),
    ) -> str:
        person = Person(identity=identity, role=role, room=room, device=device, rights=frozenset(rights))
        return mint(person, self.service.keys, now_s=int(time.time()))

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """As the service unless another token is given; an empty one sends none."""
        token = self.token("server") if token is None else token
        headers = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        async with self._session.request(method, path, json=body, headers=headers) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def tell_room(self, room: str, **fields: Any) -> None:
        answer = await self.ask("PUT", f"/v1/rooms/{room}", {"url": NOWHERE, **fields})
        assert answer.status == 200, answer.body

    def add(self, recording_id: str, room: str, *, started_by: str = STARTER, **more: Any) -> Recording:
        """A recording made in a room that was told of, as it would have been started there; `more`: what is different.
        With its file and companions unless `path` is None."""
        entry = self.service.recordings.room(room)
        assert entry is not None
        parent = None if entry.parent is None else self.service.recordings.room(entry.parent)
        file = media_folder(self.library, entry) / f"{recording_id}.mp4"
        asked_at = time.time() - 3600
        values: dict[str, Any] = {
            "title": "Title",
            "sha256": "0" * 64,  # all that is made beside the file has been made
            "companions": tuple(sorted(COMPANIONS)),
            "published_at": asked_at + 61,
            "state": State.AVAILABLE,
            "end_reason": EndReason.STOPPED,
            "asked_at": asked_at,
            "ended_at": asked_at + 60,
            "owner": owner_of(entry, parent, started_by),
            "file": file.name,
            "path": str(file.relative_to(self.library)),
        }
        recording = Recording(
            id=recording_id, room=room, room_title=entry.title, room_kind=entry.kind, parent=entry.parent,
            started_by=started_by, folder=PLACES[entry.kind].folder, **values | more,
        )  # fmt: skip
        with self.service.recordings.database.transaction() as cursor:
            assert self._rows.add(cursor, recording)
        if recording.path is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(FILE)
            folder = work_folder(self.library, recording_id)
            folder.mkdir(parents=True, exist_ok=True)
            for name, data in COMPANIONS.items():
                (folder / name).write_bytes(data)
        return recording

    def change(self, recording_id: str, **values: Any) -> None:
        """What of a recording is different from now on."""
        self.service.recordings.amend(recording_id, lambda one: replace(one, **values))

    def room(self, room_id: str) -> RoomEntry:
        room = self.service.recordings.room(room_id)
        assert room is not None
        return room


async def _none(_spares: Spares) -> None:
    """Nothing is recorded here: no bot is kept ready."""


@contextlib.asynccontextmanager
async def populated(library: Path) -> AsyncIterator[Populated]:
    configuration = configured(library, service_port=0)
    keys = keys_for(configuration)
    with mock.patch.object(Spares, "run", _none):
        async with _running(configuration, keys) as service:
            yield service


@contextlib.asynccontextmanager
async def _running(configuration: Configuration, keys: KeyRing) -> AsyncIterator[Populated]:
    async with (
        running_service(configuration, keys) as service,
        listening(service, configuration) as url,
        aiohttp.ClientSession(url) as session,
    ):
        yield Populated(service, session, url)


def ids(values: Sequence[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in values]


KINDS: dict[str, dict[str, Any]] = {
    "channel": {"kind": "channel", "owners": [OWNER, EDITOR]},
    "gallery": {"kind": "gallery", "owners": [OWNER, EDITOR]},
    "ownerless": {"kind": "gallery"},
    "single": {"kind": "single", "owners": [OWNER, EDITOR]},
    "broadcast-open": {"kind": "broadcast", "owners": [OWNER, EDITOR]},
    "broadcast-closed": {"kind": "broadcast", "owners": [OWNER, EDITOR]},
    "parent": {"kind": "channel", "owners": [PARENTS_OWNER, EDITOR]},
    "breakout": {"kind": "breakout", "parent": "parent", "owners": [OWNER]},
}


async def fill(service: Populated) -> None:
    """One recording in each room, named as the room with `rec-` before it."""
    for room, told in KINDS.items():
        await service.tell_room(room, title=room.title(), **told)
        held: dict[str, Any] = {"state": State.UPLOADING, "held": True} if room == "broadcast-open" else {}
        service.add(f"rec-{room}", room, **held)
    assert RoomKind.BREAKOUT is service.room("breakout").kind
