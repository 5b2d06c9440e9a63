"""One request to Kaltura's API and its answer. Knows no course of events."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from bot.errors import DeliveryError
from bot.library.destinations.kaltura.refusals import RARELY_S, Refusal, Unanswered
from bot.library.destinations.kaltura.settings import KalturaSettings

MOST_ANSWER_BYTES = 1 << 20
MOST_CONNECTIONS = 8
LONGEST_REST_S = 3600.0  # however long a server asks to be left alone
_BLOCK_BYTES = 1 << 20  # of a file in memory at a time
_USER_AGENT = "roomreel"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a file as it is sent: never whole in memory."""

    file: Path
    at: int
    length: int
    content_type: str = "video/mp4"
    name: str = "recording.mp4"


class Connection:
    """An async context manager. No redirects (they would carry the session elsewhere), no cookies, no proxies."""

    def __init__(self, settings: KalturaSettings) -> None:
        self._settings = settings
        self._host = settings.server.authority

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=MOST_CONNECTIONS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": _USER_AGENT, "Accept": "application/json"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def post(
        self,
        service: str,
        action: str,
        values: Mapping[str, Any],
        section: Section | None = None,
        patience_s: float | None = None,
    ) -> Any:
        """The answer's JSON. Raises Refusal for the API's no, Unanswered for anything else that is no answer."""
        asked = f"{service}.{action}"
        url = self._settings.server / "api_v3/service" / service.lower() / "action" / action
        length = section.length if section is not None else 0
        patience_s = patience_s if patience_s is not None else self._settings.patience_s
        total_s = self._settings.connect_s + patience_s + length / self._settings.slowest_bytes_s
        timeout = aiohttp.ClientTimeout(total=total_s, sock_connect=self._settings.connect_s, sock_read=patience_s)
        text = json.dumps({"format": 1, "clientTag": _USER_AGENT, **values})
        headers, body = _body(text, section)
        try:
            async with self._session.post(
                url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as reply:
                answer = await self._bounded(asked, reply)
                return self._read(asked, reply, answer)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._unanswered(asked, error) from None

    async def _bounded(self, asked: str, reply: aiohttp.ClientResponse) -> bytes:
        found = bytearray()
        async for block in reply.content.iter_any():
            found += block
            if len(found) > MOST_ANSWER_BYTES:
                reply.close()
                raise Unanswered(
                    f"The server {self._host} answered {asked} with more than {MOST_ANSWER_BYTES >> 20} MiB;"
                    " is it Kaltura's API?"
                )
        return bytes(found)

    def _read(self, asked: str, reply: aiohttp.ClientResponse, answer: bytes) -> Any:
        if 300 <= reply.status < 400:
            raise Unanswered(
                f"The server {self._host} sent {asked} elsewhere ({reply.status}), which is not followed;"
                " correct the destination's address.",
                RARELY_S,
            )
        if reply.status == 413:
            raise DeliveryError(
                f"The server {self._host} takes no parts of this size (413); give the destination a smaller part_mib.",
                RARELY_S,
            )
        if reply.status != 200:
            rest_s = _rest_s(reply.headers.get("Retry-After"))
            raise Unanswered(f"The server {self._host} answered {asked} with status {reply.status}.", rest_s)
        try:
            value = json.loads(answer)
        except (ValueError, RecursionError):
            raise Unanswered(
                f"The server {self._host} answered {asked} with something that is no JSON; is it Kaltura's API?"
            ) from None
        if isinstance(value, dict) and value.get("objectType") == "KalturaAPIException":
            raise Refusal(asked, str(value.get("code")), str(value.get("message")))
        return value

    def _unanswered(self, asked: str, error: Exception) -> DeliveryError:
        """In words that repeat nothing of the request."""
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            words, sent = "has a certificate that is not valid", False
        elif isinstance(error, aiohttp.ClientConnectorDNSError):
            words, sent = "is not known by its name", False
        elif isinstance(error, aiohttp.ClientConnectorError):
            words, sent = f"cannot be reached ({error.os_error.strerror or 'no connection'})", False
        elif isinstance(error, TimeoutError):
            words, sent = f"did not answer {asked} in time", True
        else:
            words, sent = f"broke off while it was asked for {asked} ({type(error).__name__})", True
        return Unanswered(f"The server {self._host} {words}.", sent=sent)


def _rest_s(retry_after: str | None) -> float | None:
    text = (retry_after or "").strip()
    return min(float(text), LONGEST_REST_S) if text.isascii() and text.isdigit() else None


def _body(text: str, section: Section | None) -> tuple[dict[str, str], str | AsyncIterator[bytes]]:
    """JSON alone; or one form of `json` and `fileData`, of known length: not every server takes a body without."""
    if section is None:
        return {"Content-Type": "application/json"}, text
    boundary = secrets.token_hex(16)
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="json"\r\n\r\n{text}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="fileData"; filename="{section.name}"\r\n'
        f"Content-Type: {section.content_type}\r\n\r\n"
    ).encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    headers = {
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Content-Length": str(len(head) + section.length + len(tail)),
    }
    return headers, _form(head, section, tail)


async def _form(head: bytes, section: Section, tail: bytes) -> AsyncIterator[bytes]:
    """Raises OSError when the file cannot be read, or is shorter than it was."""
    yield head
    left = section.length
    with await asyncio.to_thread(section.file.open, "rb", 0) as source:
        source.seek(section.at)
        while left:
            block = await asyncio.to_thread(source.read, min(left, _BLOCK_BYTES))
            if not block:
                raise OSError(f"{section.file.name} became shorter")
            left -= len(block)
            yield block
    yield tail
