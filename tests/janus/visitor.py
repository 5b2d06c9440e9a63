"""A participant without media: joins a room as everybody does, and writes down all that Janus tells it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import aiohttp

Message = dict[str, Any]


class Visitor:
    """Speaks to Janus with no code of the product."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.events: list[Message] = []  # whatever came without being asked for
        self._socket = socket
        self._numbers = count(1)
        self._answers: dict[str, asyncio.Future[Message]] = {}
        self._ids: Message = {}

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str) -> AsyncIterator["Visitor"]:
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(url, protocols=("janus-protocol",)) as socket,
            asyncio.TaskGroup() as group,
        ):
            visitor = cls(socket)
            reading = group.create_task(visitor._read())
            session = await visitor._send({"janus": "create"})
            visitor._ids = {"session_id": session["data"]["id"]}
            handle = await visitor._send({"janus": "attach", "plugin": "janus.plugin.videoroom"})
            visitor._ids["handle_id"] = handle["data"]["id"]
            yield visitor
            reading.cancel()

    async def ask(self, **body: Any) -> Message:
        """What the VideoRoom answers."""
        answer = await self._send({"janus": "message", "body": body})
        data: Message = answer["plugindata"]["data"]
        return data

    async def _send(self, message: Message) -> Message:
        name = f"v{next(self._numbers)}"
        self._answers[name] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({**message, **self._ids, "transaction": name})
        async with asyncio.timeout(10):
            return await self._answers[name]

    async def _read(self) -> None:
        async for message in self._socket:
            content = json.loads(message.data)
            if content["janus"] == "ack":
                continue
            waiting = self._answers.pop(content.get("transaction", ""), None)
            if waiting is None:
                self.events.append(content)
            else:
                waiting.set_result(content)
