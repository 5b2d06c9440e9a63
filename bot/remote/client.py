"""A service, as a program talks to it."""

import json
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp

from bot.errors import Refused, Unreachable
from bot.remote.event_lines import Event, EventReader
from bot.remote.way import Way

TIMEOUT_S = 30.0
SILENCE_S = 45.0  # of events; the service says something every 15 s


class Client:
    """An async context manager. Methods raise Unreachable and Refused."""

    def __init__(self, way: Way) -> None:
        self._way = way

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._way.token}"}, timeout=aiohttp.ClientTimeout(TIMEOUT_S)
        )
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def ask(self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None) -> Any:
        """The answer's JSON."""
        try:
            async with self._session.request(
                method, self._way.url + path, json=body, params=query, allow_redirects=False
            ) as response:
                return await _read(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreachable(error) from None

    async def events(self, query: Mapping[str, str]) -> AsyncIterator[Event]:
        """Ends when the service closes the connection."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=TIMEOUT_S, sock_read=SILENCE_S)
        reader = EventReader()
        try:
            async with self._session.get(
                f"{self._way.url}/v1/events", params=query, timeout=timeout, allow_redirects=False
            ) as response:
                if response.status != 200:
                    await _read(response)
                async for data in response.content.iter_any():
                    for event in reader.read(data):
                        yield event
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._unreachable(error) from None
        except ValueError:
            raise Refused("What comes is not from a roomreel service; check the address.", 200) from None

    def _unreachable(self, error: Exception) -> Unreachable:
        why = "it does not answer in time" if isinstance(error, TimeoutError) else type(error).__name__
        return Unreachable(
            f"The service at {self._way.url} cannot be reached ({why}). Does `roomreel serve` run there?"
        )


async def _read(response: aiohttp.ClientResponse) -> Any:
    try:
        values = json.loads(await response.read())
    except ValueError:
        raise Refused(
            f"The answer ({response.status}) is not from a roomreel service; check the address.", response.status
        ) from None
    if response.status >= 300:
        detail = values.get("detail") if isinstance(values, dict) else None
        raise Refused(str(detail or f"The service answered {response.status}."), response.status)
    return values
