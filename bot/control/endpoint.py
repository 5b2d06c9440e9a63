"""The bot's side of the control socket."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from bot.control.board import Board
from bot.control.place import Place
from bot.control.status import Status
from bot.errors import BadOrder, NotNow
from bot.lifecycle import EndReason
from mixer.settings import LayoutName

EVERY_S = 1.0
SLOW_S = 5.0  # a reader of events that takes nothing for so long is dropped
BODY_BYTES = 64 << 10
WIDTHS = (16, 3840)
LAST_WORDS_S = 1.0  # for readers of events to hear how it ended


class Controls(Protocol):
    """What the recording behind the socket can do. Wishes raise NotNow."""

    board: Board

    def status(self) -> Status: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def end(self, reason: EndReason) -> None: ...

    def set_layout(self, name: LayoutName) -> None: ...

    def tell_host(self, *, present: bool, identity: str | None) -> None: ...

    def follow_order(self) -> None:
        """Read it again. Raises BadOrder."""

    async def picture(self, width: int) -> bytes | None:
        """JPEG; None before the first."""


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Endpoint:
    """HTTP on `control.sock`. Who can open the folder may say anything: the folder's mode is the lock."""

    def __init__(self, controls: Controls, caught_up: Callable[[], Awaitable[None]] | None = None) -> None:
        """A wish is answered when `caught_up` returns: then it outlasts the process."""
        self._controls = controls
        self._caught_up = caught_up
        self.dropped_readers = 0

    @contextlib.asynccontextmanager
    async def serving(self, place: Place) -> AsyncIterator[None]:
        """Until left; readers of events still hear the last status. Raises OSError."""
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=LAST_WORDS_S)
        await runner.setup()
        try:
            _remove(place.socket)  # what a bot that was killed left
            await web.SockSite(runner, _listen(place.socket)).start()
            yield
        finally:
            await runner.cleanup()
            _remove(place.socket)

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=BODY_BYTES, middlewares=[_answer_in_words])
        app.router.add_get("/status", self._status)
        app.router.add_get("/events", self._events)
        app.router.add_get("/picture", self._picture)
        for name, act in self._wishes().items():
            app.router.add_post(f"/{name}", self._wish(act))
        return app

    def _wishes(self) -> dict[str, Callable[[dict[str, Any]], None]]:
        controls = self._controls
        return {
            "pause": lambda _: controls.pause(),
            "resume": lambda _: controls.resume(),
            "stop": lambda body: controls.end(EndReason(body.get("reason") or EndReason.STOPPED)),
            "close": lambda _: controls.end(EndReason.ROOM_CLOSED),
            "layout": lambda body: controls.set_layout(LayoutName(body.get("layout"))),
            "host": lambda body: controls.tell_host(
                present=_flag(body.get("present")), identity=_name(body.get("identity"))
            ),
            "order": lambda _: controls.follow_order(),
        }

    def _wish(self, act: Callable[[dict[str, Any]], None]) -> Handler:
        async def handle(request: web.Request) -> web.Response:
            body = await request.json() if request.can_read_body else {}
            if not isinstance(body, dict):
                raise ValueError("The body must be an object.")
            act(body)
            if self._caught_up is not None:
                await self._caught_up()
            return await self._status(request)

        return handle

    async def _status(self, _request: web.Request) -> web.Response:
        return web.json_response(self._controls.status().as_values())

    async def _picture(self, request: web.Request) -> web.Response:
        width = int(request.query.get("width", "640"))
        if not WIDTHS[0] <= width <= WIDTHS[1]:
            raise ValueError(f"A picture can be {WIDTHS[0]} to {WIDTHS[1]} pixels wide.")
        jpeg = await self._controls.picture(width)
        if jpeg is None:
            return web.json_response({"detail": "There is no picture yet; ask again in a second."}, status=404)
        return web.Response(body=jpeg, content_type="image/jpeg")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        board = self._controls.board
        while True:
            version, status = board.version, self._controls.status()
            try:
                async with asyncio.timeout(SLOW_S):
                    await response.write(json.dumps(status.as_values()).encode() + b"\n")
            except ConnectionError:
                return response
            except TimeoutError:
                self.dropped_readers += 1
                if request.transport is not None:
                    request.transport.abort()
                return response
            if status.is_final:
                return response
            await board.newer(version, EVERY_S)


def _listen(path: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.setblocking(False)
    try:
        listening.bind(path)
    except BaseException:
        listening.close()
        raise
    return listening


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        Path(path).unlink()


@web.middleware
async def _answer_in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except NotNow as error:
        return web.json_response({"detail": str(error)}, status=409)
    except (ValueError, TypeError, BadOrder) as error:
        return web.json_response({"detail": str(error)}, status=400)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("`present` must be true or false.")
    return value


def _name(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError("`identity` must be text.")
    return value
