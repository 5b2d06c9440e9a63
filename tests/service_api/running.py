"""The service as its users start it: a process of its own, reached over HTTP, with tokens made by the command."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp

from bot.service.access.keys import load_keys
from bot.service.access.person import Device, Person, PersonRole, Right
from bot.service.access.tokens import mint

PATIENCE_S = 60  # catches a hang, promises nothing
SMALL = {"ROOMREEL_WIDTH": "640", "ROOMREEL_HEIGHT": "360", "ROOMREEL_FPS": "15"}
# Counted, not measured: how busy the machine is with other tests is no matter here.
ADMITTED = {"ROOMREEL_MAX_RECORDINGS": "8"}


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class RunningService:
    """`roomreel serve --port 0`. Use `started`, which ends it too."""

    library: Path
    process: asyncio.subprocess.Process
    url: str = ""
    console: str = ""
    session: aiohttp.ClientSession = field(init=False)
    tokens: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def start(cls, library: Path, *options: str, **environment: str) -> Self:
        log = library.with_suffix(".log").open("ab")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "serve", "--port", "0", "--library", str(library), *options),
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env=os.environ | SMALL | ADMITTED | {"ROOMREEL_LOG_LEVEL": "debug"} | environment,
        )
        log.close()
        service = cls(library, process)
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            while not service.console:
                line = (await process.stdout.readline()).decode()
                assert line, service.log
                if line.startswith("roomreel listens on "):
                    service.url = line.split()[-1]
                if line.startswith("Console: "):
                    service.console = line.split()[-1]
        service.session = aiohttp.ClientSession()
        return service

    @property
    def log(self) -> str:
        return self.library.with_suffix(".log").read_text()

    def token(self, role: str = "service", room: str | None = None, **claims: Any) -> str:
        """Signed by the library's key."""
        person = Person(
            identity=claims.get("identity", f"{role}@{room}"[:50]),
            role=PersonRole(role),
            room=room,
            rights=frozenset(Right(right) for right in claims.get("rights", ())),
            device=Device(claims.get("device", "desktop")),
        )
        return mint(person, load_keys(self.library, "", make=False), now_s=int(time.time()))

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        data: bytes | None = None,
    ) -> Answer:
        """As the service unless another `token` is given; an empty one sends none."""
        token = self.token() if token is None else token
        sent = ({"Authorization": f"Bearer {token}"} if token else {}) | (headers or {})
        async with self.session.request(
            method, self.url + path, json=body, data=data, headers=sent, timeout=aiohttp.ClientTimeout(PATIENCE_S)
        ) as response:
            return Answer(response.status, response.headers, await response.read())

    async def state(self, recording: str, *wanted: str) -> dict[str, Any]:
        """The recording, once it is in one of these states."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                values: dict[str, Any] = (await self.ask("GET", f"/v1/recordings/{recording}")).json
                if values["state"] in wanted:
                    return values
                assert values["state"] != "failed", values
                await asyncio.sleep(0.1)

    async def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """The exit code."""
        await self.session.close()
        if self.process.returncode is None:
            self.process.send_signal(number)
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self.process.wait()
        except TimeoutError:
            self.process.kill()
            raise


@contextlib.asynccontextmanager
async def started(library: Path, *options: str, **environment: str) -> AsyncIterator[RunningService]:
    """Bots that still run at the end are stopped in order."""
    service = await RunningService.start(library, *options, **environment)
    try:
        yield service
    finally:
        try:
            if service.process.returncode is None:
                for state in ("starting", "recording", "paused"):
                    for recording in (await service.ask("GET", f"/v1/recordings?state={state}")).json["recordings"]:
                        await service.ask("POST", f"/v1/recordings/{recording['id']}/stop")
        finally:
            await service.stop(signal.SIGTERM)
