"""A store that misbehaves: passes requests on to a real one, but for what a test has against some of them."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web
from yarl import URL

# Of a request and its body: an answer in place of the store's, another body for the store, or None: as it is.
Fault = Callable[[web.Request, bytes], web.Response | bytes | None]

_MOST_BODY = 1 << 30
_HOP = {"transfer-encoding", "content-length", "connection", "date", "server", "content-encoding", "host"}


class Relay:
    """`fault` may be changed at any time. `stop` refuses connections, `start` takes them again on the same port."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.fault: Fault = lambda _request, _body: None
        self.holds: Callable[[web.Request], bool] = lambda _request: False  # its body is not read before `stop`
        self.struck = 0  # faults
        self.seen: list[str] = []  # method, path and query of each request
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(auto_decompress=False)
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        await self._session.close()

    async def start(self) -> None:
        self._released = asyncio.Event()
        application = web.Application(client_max_size=_MOST_BODY)
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self._released.set()
        await self._runner.cleanup()

    async def _pass_on(self, request: web.Request) -> web.Response:
        self.seen.append(f"{request.method} {request.raw_path}")
        if self.holds(request):
            await self._released.wait()
        body = await request.read()
        changed = self.fault(request, body)
        self.struck += changed is not None
        if isinstance(changed, web.Response):
            return changed
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        async with self._session.request(
            request.method, URL(self._target + request.raw_path, encoded=True), data=changed or body, headers=headers
        ) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
            data = await answer.read()
            if request.method == "HEAD":
                kept["Content-Length"] = answer.headers.get("Content-Length", "0")
            return web.Response(status=answer.status, headers=kept, body=None if request.method == "HEAD" else data)


def xml_error(code: str, status: int) -> web.Response:
    """As S3 answers; with the status 200 too, for errors that come late."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>no</Message></Error>'
    return web.Response(status=status, body=body.encode(), content_type="application/xml")
