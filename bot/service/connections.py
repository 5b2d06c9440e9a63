"""How many may be connected at once, and for how long without saying anything."""

import asyncio
import json
import resource

from aiohttp import web

from bot.service.api.opened import MOST_DOWNLOADS

MOST_CONNECTIONS = 8000
_KEPT_FREE = MOST_DOWNLOADS + 256  # file descriptors for everything that is no connection
LONGEST_SILENCE_S = 20.0  # from connecting to the end of the first request's head
KEEP_ALIVE_S = 75.0

_DETAIL = "Too many connections are open; try again in half a minute."
_BODY = json.dumps({"type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": _DETAIL})
_FULL = (
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 30\r\n"
    f"Connection: close\r\nContent-Length: {len(_BODY)}\r\n\r\n{_BODY}"
).encode()


class Silence:
    """The connections by which no request has come yet. Each is cut when its time is up."""

    def __init__(self) -> None:
        self._timers: dict[object, asyncio.TimerHandle] = {}

    def begins(self, protocol: asyncio.BaseProtocol) -> None:
        loop = asyncio.get_running_loop()
        self._timers[protocol] = loop.call_later(LONGEST_SILENCE_S, self._cut, protocol)

    def broken(self, request: web.BaseRequest) -> None:
        """A request came."""
        timer = self._timers.pop(request.protocol, None)
        if timer is not None:
            timer.cancel()

    def _cut(self, protocol: asyncio.BaseProtocol) -> None:
        self._timers.pop(protocol, None)
        transport = getattr(protocol, "transport", None)
        if transport is not None:
            transport.abort()


class Connections:
    """Makes the protocol of each new connection: aiohttp's, or one that only says that there are too many."""

    def __init__(self, server: web.Server, silence: Silence, most: int) -> None:
        self.refused = 0
        self._server = server
        self._silence = silence
        self._most = most

    def __call__(self) -> asyncio.BaseProtocol:
        if len(self._server.connections) >= self._most:
            self.refused += 1
            return _Refusal()
        protocol = self._server()
        self._silence.begins(protocol)
        return protocol


class _Refusal(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(_FULL)
        transport.close()


def most_connections() -> int:
    """As many as this process may have files open, which is raised as far as it goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + _KEPT_FREE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(16, min(MOST_CONNECTIONS, soft - _KEPT_FREE))
