"""The real service as a process of its own, and tokens for people in its rooms."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bot.service.access.keys import load_keys
from bot.service.access.person import Device, Person, PersonRole, Right
from bot.service.access.tokens import mint

PATIENCE_S = 60.0  # catches a hang, promises nothing
# Small pictures, and a number of recordings that does not depend on what else the machine does.
SMALL = {"ROOMREEL_WIDTH": "640", "ROOMREEL_HEIGHT": "360", "ROOMREEL_MAX_RECORDINGS": "8"}
OWNER = "ada@school.example"


class ConsoleService:
    """`roomreel serve`. Use `serving`."""

    def __init__(self, library: Path, prefix: Sequence[str] = ()) -> None:
        self.library = library
        self.url = ""
        self.console = ""  # the address that it prints for a person to open
        self._prefix = prefix
        self._process: asyncio.subprocess.Process | None = None
        self._log = library.parent / "service.log"

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    async def start(self, *options: str, **environment: str) -> None:
        """Returns when it answers. A second start takes the port of the first."""
        port = self.url.rpartition(":")[2] if self.url else "0"
        command = [*self._prefix, sys.executable, "-m", "bot", "serve", "--port", port, "--library", str(self.library)]
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                *options,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=os.environ | SMALL | environment,
            )
        assert self._process.stdout is not None
        while not self.console:
            line = (await asyncio.wait_for(self._process.stdout.readline(), PATIENCE_S)).decode()
            assert line, self.log[-2000:]
            if line.startswith("roomreel listens on "):
                self.url = line.split()[-1]
            if line.startswith("Console: "):
                self.console = line.split()[-1]
            if self.url and "--host" in options:  # on a public address no token is printed
                return

    async def kill(self) -> None:
        """kill -9: its bots go on."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()
        self.console = ""

    async def stop(self) -> None:
        """In order: it stops its recordings, and leaves. One that was killed is started for that: its bots run."""
        if self._process is None:
            return
        if self._process.returncode is not None:
            await self.start(ROOMREEL_DRAIN_S="1")
        self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.communicate(), PATIENCE_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise AssertionError(f"the service does not end: {self.log[-2000:]}") from None

    def token(
        self,
        identity: str = "service",
        role: PersonRole = PersonRole.SERVICE,
        *,
        room: str | None = None,
        name: str = "",
        device: Device = Device.DESKTOP,
        rights: Sequence[Right] = (),
        lifetime_s: int = 3600,
        age_s: int = 0,
    ) -> str:
        keys = load_keys(self.library, os.environ.get("ROOMREEL_SERVICE_KEY", ""), make=False)
        person = Person(
            identity=identity, role=role, name=name, room=room, rights=frozenset(rights), device=device
        )  # fmt: skip
        return mint(person, keys, now_s=int(time.time()) - age_s, lifetime_s=lifetime_s)

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer to the conferencing server."""
        headers = {"Authorization": f"Bearer {self.token()}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, f"{self.url}{path}", json=body) as answer,
        ):
            values = await answer.json(content_type=None)
            assert answer.status < 300, values
            return values

    async def tell_room(self, room: str, url: str, **fields: Any) -> None:
        given = {"url": url, "title": room.title(), "owners": [OWNER], **fields}
        await self.ask("PUT", f"/v1/rooms/{room}", given)

    async def recording_in(self, room: str, *states: str) -> dict[str, Any]:
        """The room's newest recording, once it is in one of these states."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            found: list[dict[str, Any]] = (await self.ask("GET", f"/v1/recordings?room={room}"))["recordings"]
            if found and found[0]["state"] in states:
                return found[0]
            await asyncio.sleep(0.1)
        raise AssertionError(f"not {states} but {found}: {self.log[-2000:]}")


@asynccontextmanager
async def serving(folder: Path, **environment: str) -> AsyncIterator[ConsoleService]:
    """On loopback, with nothing in its library. What still runs at the end is stopped in order."""
    service = ConsoleService(folder / "library")
    await service.start(**{"ROOMREEL_DRAIN_S": "1"} | environment)
    try:
        yield service
    finally:
        await service.stop()
