"""The service's side of the control socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from bot.control.place import Place
from bot.control.status import Status
from bot.errors import BotGone, NotNow
from bot.lifecycle import EndReason

ANSWER_S = 10.0
SILENT_S = 10.0  # events come every second
LINE_BYTES = 1 << 20  # a status with all its chapters is smaller


class Link:
    """To the bot in a folder; `close` when done. Every method raises BotGone when nobody answers, and NotNow with the
    bot's own sentence for a wish that does not fit its state. It needs no bot to be there when it is made: each request
    looks for one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._place: Place | None = None
        self._session: aiohttp.ClientSession | None = None

    async def status(self) -> Status:
        return _status(await self._ask("GET", "/status"))

    async def pause(self) -> Status:
        return _status(await self._ask("POST", "/pause"))

    async def resume(self) -> Status:
        return _status(await self._ask("POST", "/resume"))

    async def stop(self, reason: EndReason = EndReason.STOPPED) -> Status:
        """Returns when the bot knows it, long before the file is finished."""
        return _status(await self._ask("POST", "/stop", {"reason": reason}))

    async def close_room(self) -> Status:
        """The room is over, and the recording with it."""
        return _status(await self._ask("POST", "/close"))

    async def layout(self, layout: str) -> Status:
        return _status(await self._ask("POST", "/layout", {"layout": layout}))

    async def host(self, present: bool, *, identity: str | None = None) -> Status:
        return _status(await self._ask("POST", "/host", {"present": present, "identity": identity}))

    async def order(self) -> Status:
        """order.json has changed: see `Desk.follow_order`."""
        return _status(await self._ask("POST", "/order"))

    async def picture(self, width: int = 640) -> bytes:
        """JPEG of the newest mixed picture; NotNow before the first."""
        return await self._ask("GET", f"/picture?width={width}")

    async def events(self) -> AsyncIterator[Status]:
        """The status now, at each change and each second. Ends after a final one; raises BotGone when it breaks off
        before, or when nothing comes for 10 s."""
        status: Status | None = None
        try:
            timeout = aiohttp.ClientTimeout(total=None, sock_read=SILENT_S)
            async with self._opened().get("http://bot/events", timeout=timeout, read_bufsize=LINE_BYTES) as answer:
                async for line in answer.content:
                    yield (status := _status(line))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise BotGone(f"The bot of {self._folder.name} is gone: {error!r}") from error
        if status is None or not status.is_final:
            raise BotGone(f"The bot of {self._folder.name} is gone without a word.")

    async def close(self) -> None:
        """Idempotent."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self._place is not None:
            self._place.close()
            self._place = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _opened(self) -> aiohttp.ClientSession:
        """Raises OSError when there is no such folder."""
        if self._session is None:
            self._place = Place(self._folder)
            # Every request on a connection of its own: the bot at the other end may be another one by now.
            connector = aiohttp.UnixConnector(self._place.socket, force_close=True)
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        try:
            async with (
                asyncio.timeout(ANSWER_S),
                self._opened().request(method, f"http://bot{path}", json=body) as answer,
            ):
                content = await answer.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise BotGone(f"The bot of {self._folder.name} does not answer: {error!r}") from error
        if answer.status >= 400:
            raise NotNow(_detail(content))
        return content


def _status(content: bytes) -> Status:
    try:
        return Status.from_values(json.loads(content))
    except (ValueError, AttributeError) as error:
        raise BotGone(f"What answers on the control socket is no bot: {error}") from None


def _detail(content: bytes) -> str:
    try:
        return str(json.loads(content)["detail"])
    except (ValueError, KeyError, TypeError):
        return "The bot refused, and did not say why."
