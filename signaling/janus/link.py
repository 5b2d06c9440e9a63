"""One session on one Janus: a WebSocket, requests and their answers, and the handles on it."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any, Final

import aiohttp

from signaling.cause import plainly
from signaling.errors import ProtocolError, Unreachable
from signaling.janus.failure import LinkLost, RequestError, Unanswered
from signaling.janus.transaction import Answer, Message, Transactions, read_answer

PLUGIN: Final = "janus.plugin.videoroom"
SUBPROTOCOL: Final = "janus-protocol"
LARGEST_MESSAGE: Final = 4 << 20  # bytes; an offer with 200 m-lines has a quarter of one MiB
FAREWELL_S: Final = 0.5

Listener = Callable[[Message], None]


class Link:
    """Owned by the client, which runs `run` as a task as long as it wants answers. A request that gets no answer within
    `limit_s` fails; when nothing else came from Janus meanwhile either, Janus counts as gone."""

    def __init__(self, url: str, token: str | None, limit_s: float) -> None:
        self._url = url
        self._token = token
        self.limit_s = limit_s
        self._transactions = Transactions()
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._listeners: dict[int, Listener] = {}
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._session: int | None = None
        self._received = 0  # messages
        self._deaf = False  # nobody reads any more: a request would wait in vain

    async def open(self) -> None:
        """Raises Unreachable."""
        self._http = aiohttp.ClientSession()
        try:
            async with asyncio.timeout(self.limit_s):
                self._socket = await self._http.ws_connect(
                    self._url, protocols=(SUBPROTOCOL,), max_msg_size=LARGEST_MESSAGE, heartbeat=None
                )
        except TimeoutError:
            raise Unreachable(
                f"No answer from {self._url} within {self.limit_s:g} s: is Janus running there?"
            ) from None
        except aiohttp.WSServerHandshakeError as error:
            raise Unreachable(self._not_janus(f"HTTP status {error.status}")) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unreachable(
                f"No connection to {self._url} ({plainly(error)}): check host and port, and that the WebSocket "
                "transport of Janus is switched on."
            ) from None
        if self._socket.protocol != SUBPROTOCOL:
            raise Unreachable(self._not_janus("it does not speak janus-protocol"))

    async def create_session(self) -> None:
        """Raises RequestError, LinkLost or ProtocolError. `run` must be running."""
        answer = await self.request({"janus": "create"})
        self._session = _identifier(answer, "session")

    async def run(self) -> None:
        """Read until the link is lost, which is raised as LinkLost."""
        assert self._socket is not None, "opened before it is run"
        reason = "Janus closed the connection."
        try:
            async for message in self._socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise ProtocolError("Janus sent something that is no text.")
                self._received += 1
                self._take(_parse(message.data))
        except (aiohttp.ClientError, OSError) as error:
            reason = f"The connection to Janus broke: {plainly(error)}."
        except (LinkLost, ProtocolError) as error:
            reason = str(error)
        finally:
            self._deaf = True
            self._fail_all(LinkLost(reason))
        raise LinkLost(reason)

    async def keep_alive(self, interval_s: float) -> None:
        """Runs for ever; raises LinkLost or RequestError when the session is gone."""
        while True:
            await asyncio.sleep(interval_s)
            with contextlib.suppress(Unanswered):
                await self.request({"janus": "keepalive"}, ack_is_enough=True)

    async def attach(self, listener: Listener) -> int:
        """A new handle; `listener` gets what comes for it without being asked. Must not raise."""
        handle = _identifier(await self.request({"janus": "attach", "plugin": PLUGIN}), "handle")
        self._listeners[handle] = listener
        return handle

    async def detach(self, handle: int) -> None:
        """Never raises but for cancellation: whatever goes wrong, the handle is gone with the session."""
        self._listeners.pop(handle, None)
        with contextlib.suppress(RequestError, Unanswered, LinkLost, ProtocolError):
            await self.request({"janus": "detach", "handle_id": handle})

    async def ask(
        self, handle: int, body: Message, *, answer_sdp: str | None = None, limit_s: float | None = None
    ) -> Answer:
        """One request to the VideoRoom. Raises as `request` does."""
        message: dict[str, Any] = {"janus": "message", "handle_id": handle, "body": body}
        if answer_sdp is not None:
            message["jsep"] = {"type": "answer", "sdp": answer_sdp}
        return await self.request(message, limit_s=limit_s)

    async def request(self, message: Message, *, ack_is_enough: bool = False, limit_s: float | None = None) -> Answer:
        """Raises RequestError, Unanswered, LinkLost or ProtocolError. With a `limit_s` of its own, no answer is always
        Unanswered."""
        if self._socket is None or self._socket.closed or self._deaf:
            raise LinkLost("There is no connection to Janus.")
        name = self._transactions.begin(ack_is_enough=ack_is_enough)
        extra = {"session_id": self._session, "token": self._token}
        full = {**message, "transaction": name, **{key: value for key, value in extra.items() if value is not None}}
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[name] = waiting
        patience_s, received = limit_s or self.limit_s, self._received
        try:
            async with asyncio.timeout(patience_s):
                await self._socket.send_str(json.dumps(full))
                return await waiting
        except TimeoutError:
            if limit_s is not None or self._received > received:
                raise Unanswered(f"Janus did not answer a request within {patience_s:g} s.") from None
            raise LinkLost(f"Nothing came from Janus for {patience_s:g} s.") from None
        except (aiohttp.ClientError, OSError) as error:
            raise LinkLost(f"The connection to Janus broke: {plainly(error)}.") from None
        finally:
            self._waiting.pop(name, None)
            self._transactions.forget(name)

    async def close(self) -> None:
        """End the session and the connection. Idempotent, never raises, takes two FAREWELL_S at most."""
        socket, http = self._socket, self._http
        self._socket = self._http = None
        try:
            if socket is not None and not socket.closed:
                await self._say_goodbye(socket)
        finally:
            if http is not None:
                await http.close()

    async def _say_goodbye(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        # Without an answer being waited for: the session, its handles and connections end at Janus with it.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(FAREWELL_S):
                if self._session is not None:
                    goodbye = {"janus": "destroy", "session_id": self._session, "transaction": "bye"}
                    await socket.send_str(json.dumps(goodbye | ({"token": self._token} if self._token else {})))
        with contextlib.suppress(Exception):
            async with asyncio.timeout(FAREWELL_S):
                await socket.close()

    def _take(self, message: Message) -> None:
        name = self._transactions.settle(message)
        if name is not None:
            waiting = self._waiting.get(name)
            if waiting is not None and not waiting.done():
                _finish(waiting, message)
            return
        if message.get("janus") == "timeout":
            raise LinkLost("Janus gave the session up.")
        sender = message.get("sender")
        listener = self._listeners.get(sender) if isinstance(sender, int) else None
        if listener is not None:
            listener(message)

    def _fail_all(self, error: LinkLost) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(error)

    def _not_janus(self, why: str) -> str:
        return f"{self._url} answers, but not as a Janus ({why}): check the port of its WebSocket transport."


def _parse(text: str) -> Message:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise ProtocolError("Janus sent something that is no JSON.") from None
    if not isinstance(message, dict):
        raise ProtocolError("Janus sent JSON that is no object.")
    return message


def _finish(waiting: asyncio.Future[Answer], message: Message) -> None:
    try:
        waiting.set_result(read_answer(message))
    except (RequestError, ProtocolError) as error:
        waiting.set_exception(error)


def _identifier(answer: Answer, what: str) -> int:
    number = answer.data.get("id")
    if not isinstance(number, int) or isinstance(number, bool):
        raise ProtocolError(f"Janus made a {what} without an id.")
    return number
