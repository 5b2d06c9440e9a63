"""The destination `webhook`: another server is told, signed, that a recording is ready, and takes it from here."""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from bot.configuration import Configuration
from bot.errors import ConfigurationError, DeliveryError, NotYet
from bot.library.destinations.address import Target
from bot.library.destinations.destination import Evidence, Finished, Growing, Memory
from bot.service.webhooks.destination import parse_networks, url_problem
from bot.service.webhooks.outbox import Letter
from bot.service.webhooks.schedule import SECOND_NS
from bot.service.webhooks.sender import Sender
from bot.service.webhooks.settings import WebhookSettings

TYPE = "recording.ready"
TAKEN = "taken"  # in the memory: by whom, once it has said that it will confirm
REMINDER_S = 6 * 3600.0  # for one that has said so
NO_SUM_S = 600.0
_ACCEPTED, _GONE = 202, 410

# Names to addresses that open the file and its companions for a while, and when that ends (RFC 3339).
Links = Callable[[Finished], Mapping[str, Any]]


class Taking:
    """`describe`: a recording as the API shows it to the service."""

    follows = False

    def __init__(
        self,
        target: Target,
        settings: Callable[[], WebhookSettings],
        *,
        describe: Callable[[Finished], dict[str, Any]],
        links: Links,
    ) -> None:
        """`settings` are asked for when it is opened: a secret may have to be made."""
        self._target = target
        self._settings = settings
        self._describe = describe
        self._links = links
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Raises DeliveryError."""
        try:
            settings = self._settings()
        except ConfigurationError as error:
            raise DeliveryError(str(error)) from None
        sender = Sender(settings.keys, settings.networks, timeout_s=settings.timeout_s, now_ns=time.time_ns)
        self._sender = await self._exits.enter_async_context(sender)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.aclose()

    async def follow(self, growing: Growing, memory: Memory) -> None:
        """There is nothing to take yet."""

    async def deliver(self, finished: Finished, memory: Memory) -> Evidence:
        """2xx: it has it. 202: it will say so itself, and is reminded until it does. Raises DeliveryError."""
        if finished.sha256 is None:
            raise NotYet("It is told as soon as the file's checksum has been worked out.", NO_SUM_S)
        message_id = memory.values.get("id") or f"msg_{uuid.uuid4().hex}"
        memory.keep({**memory.values, "id": message_id})
        letter = Letter(message_id, self._target.url, finished.recording.id, self._body(finished))
        answer = await self._sender.send(letter)
        if answer.status == _ACCEPTED:
            memory.keep({**memory.values, TAKEN: self._target.place})
            raise DeliveryError("It has taken the recording, and is to confirm that it has all of it.", REMINDER_S)
        if answer.status is None or not 200 <= answer.status < 300:
            rest_s = answer.rest_ns / SECOND_NS if answer.rest_ns else None
            raise DeliveryError(answer.trouble, NO_SUM_S if answer.status == _GONE else rest_s)
        return Evidence(self._target.place, finished.size, f"sha256:{finished.sha256}", {"answer": str(answer.status)})

    async def accompany(self, finished: Finished, memory: Memory) -> None:
        """What came later it asks for, or is told by the other webhooks."""

    async def verify(self, finished: Finished, evidence: Evidence) -> str:
        """It cannot be asked."""
        return ""

    async def abandon(self, memory: Memory) -> None:
        """It was never told."""

    def _body(self, finished: Finished) -> bytes:
        recording = finished.recording
        path = f"/v1/recordings/{recording.id}"
        values = {
            "type": TYPE,
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "data": {
                "recording": self._describe(finished),
                "size_bytes": finished.size,
                "sha256": finished.sha256,
                "editors": list(finished.editors),
                **self._links(finished),
                "renew": f"POST {path}/links",
                "confirm": f"POST {path}/destinations/{self._target.name}/confirm",
            },
        }
        return json.dumps(values, ensure_ascii=False).encode()


def checked(target: Target, configuration: Configuration) -> Target:
    """Raises ConfigurationError for an address that nothing is sent to."""
    problem = url_problem(target.url, parse_networks(configuration.webhook_networks))
    if problem:
        raise ConfigurationError(f"Destination {target.name!r}: {problem}")
    return target
