"""A conferencing server that is told of finished recordings, and fetches them."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks.webhooks import Webhook


@dataclass
class Portal:
    """Answers `status`. `told` are the messages whose signature is right, with their ids."""

    url: str = ""
    status: int = 200
    secret: str = ""
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    forged: int = 0

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            if self.secret:
                Webhook(self.secret).verify(body.decode(), dict(request.headers))
        except Exception:
            self.forged += 1
            return web.Response(status=400)
        self.told.append((request.headers["webhook-id"], json.loads(body)))
        return web.Response(status=self.status)

    def of(self, recording: str) -> list[tuple[str, dict[str, Any]]]:
        return [(number, body) for number, body in self.told if body["data"]["recording"]["id"] == recording]


@contextlib.asynccontextmanager
async def open_portal(secret: str = "") -> AsyncIterator[Portal]:
    portal = Portal(secret=secret)
    app = web.Application()
    app.router.add_post("/take", portal.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        portal.url = f"http://127.0.0.1:{port}/take"
        yield portal
    finally:
        await runner.cleanup()
