"""One attempt to deliver one message."""

import asyncio
import socket
from collections.abc import Callable
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self

import aiohttp

from bot.service.webhooks.destination import Network, refusal, url_problem
from bot.service.webhooks.outbox import Letter
from bot.service.webhooks.resolver import Resolver
from bot.service.webhooks.schedule import SECOND_NS, Answer, rest_ns
from bot.service.webhooks.signature import headers

TIMEOUT_S = 15.0  # for name, connection, sending and the answer together
MOST_ANSWER_BYTES = 64 << 10  # are read of an answer, and thrown away
USER_AGENT = "roomreel-webhooks"


class Forbidden(OSError):  # noqa: N818 - reads as what it is
    """An address that nothing is sent to."""


class Sender:
    """An async context manager. No redirects, no cookies, no proxies, one connection a message."""

    def __init__(
        self, keys: tuple[bytes, ...], networks: tuple[Network, ...], *, timeout_s: float, now_ns: Callable[[], int]
    ) -> None:
        self._keys = keys
        self._networks = networks
        self._timeout_s = timeout_s
        self._now_ns = now_ns

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True, socket_factory=self._socket, resolver=Resolver()),
            timeout=aiohttp.ClientTimeout(total=self._timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT, "Content-Type": "application/json", "Accept-Encoding": "identity"},
            auto_decompress=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def send(self, letter: Letter) -> Answer:
        """Never raises for what the other side does."""
        problem = url_problem(letter.url, self._networks)
        if problem:
            return Answer(None, trouble=problem)
        now_ns = self._now_ns()
        signed = headers(self._keys, letter.id, now_ns // SECOND_NS, letter.body)
        try:
            async with self._session.post(letter.url, data=letter.body, headers=signed, allow_redirects=False) as reply:
                rest = rest_ns(reply.headers.get("Retry-After"), now_ns)
                answer = Answer(reply.status, rest, "" if reply.ok else f"It answered {reply.status}.")
                await self._drain(reply)
                return answer
        except TimeoutError:
            return Answer(None, trouble=f"It did not answer within {self._timeout_s:g} s.")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(None, trouble=_reason(error))

    @staticmethod
    async def _drain(reply: aiohttp.ClientResponse) -> None:
        """The status is the answer, whatever becomes of the rest."""
        try:
            await reply.content.readexactly(MOST_ANSWER_BYTES)
        except (aiohttp.ClientError, asyncio.IncompleteReadError, OSError):
            return

    def _socket(self, info: tuple[Any, ...]) -> socket.socket:
        """Called with the very address that is connected to next: the last word on where a message goes."""
        family, kind, protocol, _, address = info
        problem = refusal(ip_address(address[0]), address[1], self._networks)
        if problem:
            raise Forbidden(problem)
        return socket.socket(family, kind, protocol)


def _reason(error: Exception) -> str:
    """Without the address, which may hold a secret in its path."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "Its name is not known."
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "Its certificate is not valid."
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        return str(cause) if isinstance(cause, Forbidden) else f"It cannot be reached: {cause.strerror or cause}."
    return f"It broke off: {type(error).__name__}."
