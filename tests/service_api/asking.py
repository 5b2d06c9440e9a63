"""The service in this process, with recordings in its catalogue that no bot made."""

import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from bot.library.catalogue.recording import Recording
from bot.library.catalogue.recording_rows import RecordingRows
from bot.library.folder import RecordingFolder
from bot.library.places import RECORDINGS
from bot.lifecycle import State
from bot.remote.way import Way
from bot.service.access.person import Person, PersonRole
from bot.service.access.tokens import mint
from bot.service.api.service import Service
from bot.service.app import running_service
from bot.service.serving import keys_for, listening
from signaling.model import RoomKind
from tests.service_core.running import configured


class Asking:
    """The service, and somebody who asks it as the conferencing server."""

    def __init__(self, service: Service, session: aiohttp.ClientSession, way: Way) -> None:
        self.library = service.recordings.library
        self.session = session
        self.way = way
        self._rows = RecordingRows(service.recordings.database)
        self._database = service.recordings.database

    def add(self, name: str, state: State, path: str | None = None, room: str = "team") -> Path:
        """A recording that is over. Returns its folder."""
        recording = Recording(
            id=name, room=room, room_title="", room_kind=RoomKind.SINGLE, parent=None, title="", state=state,
            asked_at=1_700_000_000.0, started_by="ann", owner="ann", folder="Recordings", path=path,
        )  # fmt: skip
        with self._database.transaction() as cursor:
            self._rows.add(cursor, recording)
        folder = RecordingFolder(self.library / RECORDINGS, name)
        folder.path.mkdir(parents=True)
        return folder.path

    async def get(self, path: str) -> tuple[int, bytes]:
        async with self.session.get(path) as answer:
            return answer.status, await answer.read()


@contextlib.asynccontextmanager
async def answering(library: Path) -> AsyncIterator[Asking]:
    configuration = configured(library, service_port=0)
    keys = keys_for(configuration)
    token = mint(Person(identity="server", role=PersonRole.SERVICE), keys, now_s=int(time.time()))
    async with (
        running_service(configuration, keys) as service,
        listening(service, configuration) as url,
        aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {token}"}) as session,
    ):
        yield Asking(service, session, Way(url, token))
