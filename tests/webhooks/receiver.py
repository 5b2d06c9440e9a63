"""A server that takes webhooks, answers as it is told, and remembers everything."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from bot.library.catalogue.recording import Recording
from bot.lifecycle import State
from signaling.model import RoomKind

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]

RECORDING = Recording(
    id="20261122T060000Z-0123abcd",
    room="algebra",
    room_title="Algebra",
    room_kind=RoomKind.SINGLE,
    parent=None,
    title="Weekly meeting",
    state=State.STARTING,
    asked_at=1_795_000_000.0,
    started_by="ann",
    owner="ann",
    folder="Recordings",
)


def in_state(state: State, recording: str = RECORDING.id) -> Recording:
    return replace(RECORDING, id=recording, state=state)


@dataclass
class Receiver:
    """`replies` are given one after the other, then 204."""

    url: str = ""
    port: int = 0
    replies: list[Reply] = field(default_factory=list)
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        reply = self.replies.pop(0) if self.replies else answering(204)
        async with self.news:
            self.came.append((dict(request.headers), body))
            self.news.notify_all()
        return await reply(request)

    async def wait(self, count: int, patience_s: float = 60) -> None:
        """Until so many have come."""
        async with asyncio.timeout(patience_s), self.news:
            await self.news.wait_for(lambda: len(self.came) >= count)

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.came]


def answering(status: int, **headers: str) -> Reply:
    async def reply(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return reply


async def never(_request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def endless(request: web.Request) -> web.StreamResponse:
    """A body without an end, as fast as it is read."""
    response = web.StreamResponse()
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        while True:
            await response.write(b"x" * 65536)
    return response


@asynccontextmanager
async def receiver(*replies: Reply) -> AsyncIterator[Receiver]:
    taking = Receiver(replies=list(replies))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", taking.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    taking.port = runner.addresses[0][1]
    taking.url = f"http://127.0.0.1:{taking.port}/hooks"
    try:
        yield taking
    finally:
        await runner.cleanup()


def described(recording: Recording) -> dict[str, Any]:
    return {"id": recording.id, "state": recording.state.value, "title": recording.title}
