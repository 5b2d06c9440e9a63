"""Requests to one store: signed with credentials that are renewed, repeated while it is busy, and never hanging."""

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.library.destinations.s3.pulse import Pulse
from bot.library.destinations.s3.refusal import NO_ANSWER, STALE, Refused, refused

STALL_S = 60.0  # nothing moves for this long: the request has failed
_CONNECT_S = 10.0
_ATTEMPTS = 5  # of one request, adaptive: some ten seconds. Longer outages are for the publisher's schedule.
_CONNECTIONS = 16
_RETIRED = 2  # clients with old credentials that may be finishing a request


class Connection:
    """Credentials come from botocore's chain: environment, profile, web identity, container, instance. Those that
    expire renew themselves; others are looked for again when the store refuses them. Owner: one destination."""

    def __init__(
        self, bucket: str, *, endpoint: str, region: str, profile: str, addressing: str, stall_s: float = STALL_S
    ) -> None:
        self.bucket = bucket
        self.store = f"The store {urlsplit(endpoint).netloc}" if endpoint else "Amazon S3"
        self._endpoint = endpoint
        self._region = region
        self._profile = profile
        self._addressing = addressing or ("path" if endpoint else "auto")
        self._stall_s = stall_s
        self._client: Any = None
        self._generation = 0
        self._turn = asyncio.Lock()
        self._open: list[contextlib.AsyncExitStack] = []

    async def close(self) -> None:
        """Idempotent."""
        self._client = None
        while self._open:
            await self._open.pop().aclose()

    async def call(
        self, action: str, operation: str, *, body: bytes | None = None, **parameters: Any
    ) -> Mapping[str, Any]:
        """`action` is in words. Raises Refused."""
        generation = self._generation
        try:
            return await self._attempt(action, operation, body, parameters)
        except Refused as refusal:
            if refusal.code not in STALE:
                raise
        await self._renew(generation)
        return await self._attempt(action, operation, body, parameters)

    async def _attempt(
        self, action: str, operation: str, body: bytes | None, parameters: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        try:
            client = self._client or await self._opened()
            call = getattr(client, operation)
            if body is None:
                answer: Mapping[str, Any] = await call(Bucket=self.bucket, **parameters)
            else:
                pulse = Pulse(body)
                answer = await self._watched(call(Bucket=self.bucket, Body=pulse, **parameters), pulse, action)
        except (Refused, asyncio.CancelledError):
            raise
        except Exception as error:
            if not _is_trouble(error):
                raise
            raise refused(error, action, self.store, self.bucket) from error
        return answer

    async def _watched(self, call: Coroutine[Any, Any, Any], pulse: Pulse, action: str) -> Any:
        """Sending has no time-out of its own in the HTTP client: a store that stops reading would hold it for ever."""
        sending = asyncio.ensure_future(call)
        try:
            while not sending.done():
                await asyncio.wait({sending}, timeout=1)
                # What the last piece waits for, the client's own read time-out ends; it counts from then on.
                if pulse.still_s() > 2 * self._stall_s and not sending.done():
                    raise Refused(f"{self.store} stopped reading in the middle of {action}.", NO_ANSWER)
            return sending.result()
        finally:
            if not sending.done():
                sending.cancel()
                await asyncio.wait({sending})

    async def _opened(self) -> Any:
        async with self._turn:
            if self._client is None:
                self._client = await self._new_client()
            return self._client

    async def _renew(self, generation: int) -> None:
        """A client with the credentials that are to be had now, unless somebody else has made it meanwhile."""
        async with self._turn:
            if generation != self._generation:
                return
            self._client = await self._new_client()
            self._generation += 1
            while len(self._open) > 1 + _RETIRED:
                await self._open.pop(0).aclose()

    async def _new_client(self) -> Any:
        session = await asyncio.to_thread(_session, self._profile)
        stack = contextlib.AsyncExitStack()
        client = await stack.enter_async_context(
            session.create_client(
                "s3", endpoint_url=self._endpoint or None, region_name=self._region or None, config=self._settings()
            )
        )
        self._open.append(stack)
        return client

    def _settings(self) -> Any:
        from aiobotocore.config import AioConfig  # noqa: PLC0415 - see _session

        return AioConfig(
            connect_timeout=_CONNECT_S,
            read_timeout=self._stall_s,
            max_pool_connections=_CONNECTIONS,
            retries={"mode": "adaptive", "total_max_attempts": _ATTEMPTS},
            # Content-MD5 and CRC-32 are made in threads, and checked by the store: no third sum on the event loop.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": self._addressing, "payload_signing_enabled": False},
            user_agent_extra="roomreel",
        )


def _session(profile: str) -> Any:
    """Half a second of imports and tables, for a thread."""
    from aiobotocore.session import AioSession  # noqa: PLC0415

    session = AioSession(profile=profile or None)
    loader = session.get_component("data_loader")
    for kind in ("service-2", "endpoint-rule-set-1"):
        loader.load_service_model("s3", kind)
    return session


def _is_trouble(error: Exception) -> bool:
    """With the store, the way to it or its credentials; anything else is a defect of ours."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError  # noqa: PLC0415

    if isinstance(error, ParamValidationError):
        return False
    return isinstance(error, (BotoCoreError, ClientError, OSError, TimeoutError))
