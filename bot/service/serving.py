"""The service's life: it listens, it drains, it leaves."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from enum import Enum
from pathlib import Path

import structlog
from aiohttp import web

from bot.configuration import Configuration
from bot.errors import ConfigurationError
from bot.service.access.keys import KeyRing, load_keys
from bot.service.address import Note, http_url, is_loopback
from bot.service.api.service import Service
from bot.service.app import make_app, running_service
from bot.service.connections import KEEP_ALIVE_S, Connections, Silence, most_connections

log = structlog.get_logger()

_GOODBYE_S = 5.0  # for answers under way


class Leaving(Enum):
    """How it ended, in a sentence."""

    IDLE = "Nothing was being recorded."
    DRAINED = "All recordings are over."
    AT_ONCE = "The bots that run go on; start the service again to look after them."


def keys_for(configuration: Configuration) -> KeyRing:
    """Made at the first start, on loopback only. Raises ConfigurationError."""
    host = configuration.service_host
    if not is_loopback(host) and not configuration.service_key:
        raise ConfigurationError(
            f"{host} can be reached from elsewhere, and there is no key: set ROOMREEL_SERVICE_KEY to at least 32 random"
            " characters (`openssl rand -hex 32`), or listen on 127.0.0.1."
        )
    return load_keys(Path(configuration.library), configuration.service_key, make=True)


async def serve(configuration: Configuration, keys: KeyRing, announce: Callable[[str], None]) -> Leaving:
    """Until a signal ends it. `announce` is given the service's URL once it answers.

    SIGTERM drains: nothing new begins, and it ends with the last recording; with `drain_s` those that are not over by
    then are stopped in order. SIGINT, or a second SIGTERM, leaves at once. Raises ConfigurationError, OutputError."""
    drain, leave = asyncio.Event(), asyncio.Event()
    _listen_to_signals(drain, leave)
    async with running_service(configuration, keys) as service:
        library = service.recordings.library
        async with listening(service, configuration) as url:
            Note(url, os.getpid()).write(library)
            announce(url)
            try:
                return await _until_end(service, configuration, drain, leave)
            finally:
                Note.remove(library)
                service.hub.close()


def _listen_to_signals(drain: asyncio.Event, leave: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, lambda: leave.set() if drain.is_set() else drain.set())
    loop.add_signal_handler(signal.SIGINT, leave.set)


@contextlib.asynccontextmanager
async def listening(service: Service, configuration: Configuration) -> AsyncIterator[str]:
    """Yields the URL. Raises ConfigurationError when that address cannot be had."""
    silence = Silence()
    runner = web.AppRunner(
        make_app(service, silence.broken),
        handle_signals=False,
        access_log=None,
        keepalive_timeout=KEEP_ALIVE_S,
        shutdown_timeout=_GOODBYE_S,
    )
    await runner.setup()
    try:
        assert runner.server is not None
        connections = Connections(runner.server, silence, most_connections())
        server = await _bound(connections, configuration.service_host, configuration.service_port)
        try:
            yield http_url(configuration.service_host, server.sockets[0].getsockname()[1])
        finally:
            server.close()
    finally:
        await runner.cleanup()


async def _bound(connections: Connections, host: str, port: int) -> asyncio.Server:
    try:
        return await asyncio.get_running_loop().create_server(connections, host, port, backlog=512)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else "the address is not known"
        raise ConfigurationError(
            f"The service cannot listen on {host} port {port}: {why}. Choose another with --host and --port (0: any"
            " free one)."
        ) from None


async def _until_end(
    service: Service, configuration: Configuration, drain: asyncio.Event, leave: asyncio.Event
) -> Leaving:
    async with asyncio.TaskGroup() as group:
        draining = group.create_task(_drained(service, configuration, drain))
        leaving = group.create_task(leave.wait())
        await asyncio.wait({draining, leaving}, return_when=asyncio.FIRST_COMPLETED)
        drained = draining.done()
        draining.cancel()
        leaving.cancel()
    if drained:
        return Leaving.DRAINED
    return Leaving.AT_ONCE if service.recordings.running() else Leaving.IDLE


async def _drained(service: Service, configuration: Configuration, asked: asyncio.Event) -> None:
    await asked.wait()
    recordings = service.recordings
    recordings.drain()
    log.warning("draining", recordings=len(recordings.running()), longest_s=configuration.drain_s or None)
    try:
        async with asyncio.timeout(configuration.drain_s or None):
            await recordings.idle.wait()
            await recordings.publisher.quiet()  # what takes longer goes on at the next start
    except TimeoutError:
        await recordings.stop_all()
