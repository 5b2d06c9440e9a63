"""The WebSocket to the server: messages in, messages out."""

import asyncio
import contextlib
from urllib.parse import urlsplit

import aiohttp

from signaling.cause import plainly
from signaling.errors import NoSuchRoom, ProtocolError, Refused, SignalingError, Unreachable
from signaling.native.message import SUBPROTOCOL, Message
from signaling.native.wire import MESSAGE_BYTES, parse, serialise

CONNECT_S = 5.0
HEARTBEAT_S = 10.0  # a ping so often; half of it without a pong is the end of the line
CLOSE_S = 1.0
PROTOCOL_ERROR = 1002  # RFC 6455 section 7.4.1

_BY_STATUS: dict[int, type[SignalingError]] = {401: Refused, 403: Refused, 404: NoSuchRoom}


class Line:
    """Single use: `open`, then `send` and `receive`, then `close`."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def open(self, url: str) -> None:
        """Raises JoinError."""
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        try:
            async with asyncio.timeout(CONNECT_S):
                self._socket = await self._session.ws_connect(
                    url,
                    protocols=(SUBPROTOCOL,),
                    heartbeat=HEARTBEAT_S,
                    max_msg_size=MESSAGE_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_S),
                )
        except TimeoutError:
            raise Unreachable(f"The server did not answer within {CONNECT_S:g} s.") from None
        except aiohttp.WSServerHandshakeError as exc:
            error = _BY_STATUS.get(exc.status, Unreachable)
            raise error(f"The server did not open a WebSocket at that address (HTTP {exc.status}).") from None
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            raise Unreachable(f"The server at {urlsplit(url).netloc} cannot be reached: {plainly(exc)}.") from None
        if self._socket.protocol != SUBPROTOCOL:
            raise Unreachable(f"The server at that address does not speak {SUBPROTOCOL}.")

    async def send(self, message: Message) -> None:
        """Raises Unreachable when the line is gone."""
        if self._socket is None:
            raise Unreachable("The connection to the server is closed.")
        try:
            await self._socket.send_str(serialise(message))
        except (aiohttp.ClientError, OSError):
            raise Unreachable("The connection to the server is gone.") from None

    async def receive(self) -> Message:
        """The next message that is no extension. Raises Unreachable at the end of the line, ProtocolError for what is
        no message."""
        assert self._socket is not None
        while True:
            frame = await self._socket.receive()
            if frame.type is aiohttp.WSMsgType.TEXT:
                message = parse(frame.data)
                if message is not None:
                    return message
            elif frame.type is aiohttp.WSMsgType.BINARY:
                raise ProtocolError("The server sent a binary message; only text is spoken here.")
            elif frame.type is aiohttp.WSMsgType.ERROR and isinstance(frame.data, aiohttp.WebSocketError):
                raise ProtocolError(f"The server broke the WebSocket protocol or its limits: {frame.data}.")
            else:
                raise Unreachable(f"The server closed the connection (code {self._socket.close_code}).")

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Idempotent, never raises for a line that is gone; at most CLOSE_S for a server that does not answer."""
        try:
            if self._socket is not None:
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    await self._socket.close(code=code, message=reason.encode()[:120])
        finally:
            if self._session is not None:
                await self._session.close()
