"""Events over real sockets: one who reads hears all of it, however many others do not read."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
import psutil
import pytest
from aiohttp import web

from bot.configuration import Configuration
from bot.lifecycle import State
from bot.remote.event_lines import EventReader
from bot.service.access.keys import Key, KeyRing
from bot.service.access.person import PersonRole
from bot.service.access.tokens import mint
from bot.service.api.service import Service
from bot.service.app import make_app
from bot.service.connections import Connections, Silence
from bot.service.events.hub import Hub
from tests.service_api.test_rights import person, recording

KEYS = KeyRing((Key("k", "k" * 40),))
SLOW = 120
EVENTS = 2000
MOST_MIB = 80  # all buffers full are some 40 MiB; 2,000 events for each, if they were kept, 150


@contextlib.asynccontextmanager
async def events_only(hub: Hub, most_connections: int = 1000) -> AsyncIterator[str]:
    """The interface on a socket, without rooms or recordings."""
    service = Service(
        configuration=Configuration(),
        keys=KEYS,
        recordings=cast("Any", None),
        hub=hub,
        metrics=cast("Any", None),
        sweeper=cast("Any", None),
    )
    silence = Silence()
    runner = web.AppRunner(make_app(service, silence.broken), shutdown_timeout=0.1)
    await runner.setup()
    assert runner.server is not None
    connections = Connections(runner.server, silence, most_connections)
    server = await asyncio.get_running_loop().create_server(connections, "127.0.0.1", 0, backlog=512)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        hub.close()
        server.close()
        await runner.cleanup()


def service_token() -> str:
    """Hears everything."""
    return mint(person(PersonRole.SERVICE.value, None), KEYS, now_s=int(time.time()))


def idle_reader(url: str, token: str) -> socket.socket:
    """Asks for events and never reads one."""
    parts = urlsplit(url)
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    opened.connect((parts.hostname, parts.port))
    opened.sendall(f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    return opened


@pytest.mark.long
async def test_slow_readers_cost_nobody_anything() -> None:
    """Hundreds who do not read: given up and counted, memory bounded, and the one who reads misses nothing."""
    hub, token = Hub(), service_token()
    async with events_only(hub) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/v1/events", headers={"Authorization": f"Bearer {token}"}) as response:
            idle = [await asyncio.to_thread(idle_reader, url, token) for _ in range(SLOW)]
            await _joined(hub, SLOW + 1)
            memory = psutil.Process(os.getpid()).memory_info().rss
            flood = asyncio.create_task(_flood(hub))
            heard = await asyncio.wait_for(_read(response), 120)
            await flood
            grown_mib = (psutil.Process(os.getpid()).memory_info().rss - memory) / 2**20
        assert heard == list(range(1, EVENTS + 1))
        assert hub.refused_slow == SLOW
        assert grown_mib < MOST_MIB
        for one in idle:
            one.close()


async def _joined(hub: Hub, count: int) -> None:
    while hub.listening < count:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.01)


async def _flood(hub: Hub) -> None:
    for number in range(EVENTS):
        states = (State.RECORDING, State.PAUSED)
        hub.announce(recording(states[number % 2]), recording(states[(number + 1) % 2]))
        if number % 20 == 0:
            await asyncio.sleep(0.002)


async def _read(response: aiohttp.ClientResponse) -> list[int]:
    reader, numbers = EventReader(), []
    async for data in response.content.iter_any():
        numbers += [int(event.id.split("-")[1]) for event in reader.read(data)]
        if numbers and numbers[-1] == EVENTS:
            break
    return numbers


async def test_a_connection_too_many_is_told_so() -> None:
    """503 with when to come again; those that are there stay, and when one goes there is room."""
    hub, token = Hub(), service_token()
    async with events_only(hub, most_connections=3) as url, aiohttp.ClientSession() as session:
        idle = [idle_reader(url, token) for _ in range(3)]
        await _joined(hub, 3)
        async with session.get(f"{url}/livez") as response:
            assert (response.status, response.headers["Retry-After"]) == (503, "30")
            assert response.content_type == "application/problem+json"
        idle.pop().close()
        for _ in range(100):
            hub.live(recording(State.RECORDING))  # what is sent to it shows that it is gone
            async with session.get(f"{url}/livez") as response:
                if response.status == 200:
                    break
            await asyncio.sleep(0.05)
        assert response.status == 200
        for one in idle:
            one.close()


async def test_events_end_with_the_token() -> None:
    """A token that expires ends what it opened, and not before."""
    hub = Hub()
    ends_s = int(time.time()) + 2
    token = mint(person("service", None), KEYS, now_s=ends_s - 60, lifetime_s=60)
    async with events_only(hub) as url, aiohttp.ClientSession() as session:
        async with session.get(f"{url}/v1/events", headers={"Authorization": f"Bearer {token}"}) as response:
            assert response.status == 200
            await asyncio.wait_for(response.read(), 30)
        assert time.time() >= ends_s - 0.1
        assert hub.listening == 0
