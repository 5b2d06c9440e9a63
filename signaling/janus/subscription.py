"""One publisher's media: a handle, the peer connection on it, and what is asked of Janus about both."""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from signaling.errors import ProtocolError, SignalingError
from signaling.janus.failure import RequestError
from signaling.janus.feedstream import FeedStream, parse_streams
from signaling.janus.heartbeat import Heartbeat
from signaling.janus.link import Link
from signaling.janus.quality import Quality, Wish
from signaling.janus.roster import FeedId
from signaling.janus.transaction import Answer, Message, read_event
from signaling.janus.view import Published
from signaling.media import PacketReceiver
from signaling.peer.settings import PeerSettings
from signaling.peer.subscriber import SubscriberConnection, TrackBinding

log = logging.getLogger(__name__)

INBOX_LIMIT: Final = 500  # messages not yet looked at; more than that and the subscription fails and is made anew


class Ended(SignalingError):  # noqa: N818 - reads as what it is
    """The subscription is over though its publisher may still be there."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a subscription leads."""

    room: FeedId
    pin: str | None = field(repr=False)
    feed: FeedId


class Subscription:
    """Run by its owner as one task, `run`, until it raises or is cancelled; its connection and handle end with it.

    `wanted` is a live view of the publisher's streams by their own mid, `wishes` of the quality of its tracks; after a
    change of either, `poke` is called. `on_streams` hears which of the publisher's mids are still sent, whenever Janus
    says so.
    """

    def __init__(
        self,
        link: Link,
        target: Target,
        *,
        wanted: Mapping[str, Published],
        wishes: Mapping[str, Wish],
        receiver: PacketReceiver,
        peer: PeerSettings,
        on_streams: Callable[[FeedId, Collection[str]], None],
    ) -> None:
        self.target = target
        self.heartbeat = Heartbeat(receiver)
        self._link = link
        self._wanted = wanted
        self._wishes = wishes
        self._peer = peer
        self._on_streams = on_streams
        self._inbox: deque[Message | Ended] = deque(maxlen=INBOX_LIMIT)
        self._news = asyncio.Event()
        self._streams: dict[str, FeedStream] = {}  # as last offered, by the publisher's mid
        self._asked: set[str] = set()  # subscribed to, not offered yet: asking twice makes Janus send twice
        self._quality = Quality()
        self._handle = 0

    def poke(self) -> None:
        """What is wanted has changed. Cheap: many pokes in one turn of the loop are one."""
        self._news.set()

    @property
    def is_switched_off(self) -> bool:
        """None of its tracks is wanted by anybody: silence means nothing then."""
        return all(self._wishes.get(item.track.id, Wish()).layer is None for item in self._wanted.values())

    @property
    def has_stage(self) -> bool:
        return any(item.track.stage for item in self._wanted.values())

    async def run(self) -> None:
        """Raises SignalingError: Ended, or why it failed."""
        self._handle = await self._link.attach(self._listen)
        try:
            name = f"janus-{self.target.feed}-{self._handle}"
            connection = SubscriberConnection(name, self.heartbeat, self._peer, on_lost=self._lose)
            try:
                await self._follow(connection)
            finally:
                await _see_through(connection.close())
        finally:
            await self._link.detach(self._handle)

    async def _follow(self, connection: SubscriberConnection) -> None:
        await self._negotiate(connection, await self._join())
        while True:
            await self._wait()
            while self._inbox:
                await self._read(connection, self._inbox.popleft())
            await self._resubscribe(connection)
            await self._configure(time.monotonic_ns())

    async def _wait(self) -> None:
        """For news, or until something has to be said again."""
        next_ns = self._quality.next_ns
        limit_s = None if next_ns is None else max(0.0, (next_ns - time.monotonic_ns()) / 1e9)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._news.wait()
        self._news.clear()

    async def _join(self) -> Answer:
        request: dict[str, Any] = {
            "request": "join",
            "ptype": "subscriber",
            "room": self.target.room,
            "streams": [{"feed": self.target.feed, "mid": mid} for mid in self._wanted],
        }
        if self.target.pin is not None:
            request["pin"] = self.target.pin
        return await self._link.ask(self._handle, request)

    async def _negotiate(self, connection: SubscriberConnection, answer: Answer) -> None:
        """Answer an offer; without one there is nothing to do."""
        if answer.sdp is None:
            return
        streams = {stream.feed_mid: stream for stream in parse_streams(answer.data, answer.sdp)}
        kept = {new.mid for mid, new in streams.items() if mid in self._streams and self._streams[mid].mid == new.mid}
        self._quality.keep(kept)
        self._streams = streams
        self._asked -= streams.keys()
        self._on_streams(self.target.feed, streams.keys())
        if not self._wanted:
            raise Ended("the publisher stopped")
        sdp = await connection.answer(answer.sdp, self._bindings())
        await self._link.ask(self._handle, {"request": "start"}, answer_sdp=sdp)
        self._news.set()

    def _bindings(self) -> dict[str, TrackBinding]:
        pairs = ((stream.mid, self._wanted.get(mid)) for mid, stream in self._streams.items())
        return {mid: TrackBinding(item.track.id, item.track.participant) for mid, item in pairs if item is not None}

    async def _read(self, connection: SubscriberConnection, message: Message | Ended) -> None:
        if isinstance(message, Ended):
            raise message
        kind = message.get("janus")
        if kind == "trickle":
            connection.add_candidate(_candidate(message))
        elif kind in {"hangup", "detached"}:
            raise Ended(f"Janus ended it ({str(message.get('reason', kind))[:80]})")
        elif kind == "event":
            try:
                event = read_event(message)
            except RequestError as error:
                log.info("janus said to a subscription: %s", error)
                return
            self._quality.hear(event.data)
            await self._negotiate(connection, event)

    async def _resubscribe(self, connection: SubscriberConnection) -> None:
        """Make the subscription hold what is wanted of this publisher."""
        surplus = [mid for mid, stream in self._streams.items() if not self._wants(mid, stream)]
        if surplus:
            for mid in surplus:
                del self._streams[mid]
            await self._update(connection, "unsubscribe", surplus)
        missing = [mid for mid in self._wanted if mid not in self._streams and mid not in self._asked]
        if missing:
            self._asked |= set(missing)
            await self._update(connection, "subscribe", missing)

    def _wants(self, mid: str, stream: FeedStream) -> bool:
        item = self._wanted.get(mid)
        return item is not None and item.stream.codec == stream.codec

    async def _update(self, connection: SubscriberConnection, request: str, mids: Collection[str]) -> None:
        streams = [{"feed": self.target.feed, "mid": mid} for mid in mids]
        answer = await self._link.ask(self._handle, {"request": request, "streams": streams})
        await self._negotiate(connection, answer)

    async def _configure(self, now_ns: int) -> None:
        pairs = ((stream, self._wanted.get(mid)) for mid, stream in self._streams.items())
        wishes = [(stream, self._wishes.get(item.track.id, Wish())) for stream, item in pairs if item is not None]
        changes = self._quality.changes(wishes, now_ns)
        if changes:
            await self._link.ask(self._handle, {"request": "configure", "streams": changes})

    def _listen(self, message: Message) -> None:
        if len(self._inbox) == INBOX_LIMIT:
            self._inbox.clear()
            self._inbox.append(Ended(f"{INBOX_LIMIT} messages came at once"))
        self._inbox.append(message)
        self._news.set()

    def _lose(self, reason: str) -> None:
        self._inbox.append(Ended(reason))
        self._news.set()


async def _see_through(closing: Coroutine[Any, Any, None]) -> None:
    """Wait for `closing` however often we are cancelled meanwhile: a connection closed by half keeps its sockets."""
    task = asyncio.create_task(closing)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError
    task.result()


def _candidate(message: Message) -> str | None:
    candidate = message.get("candidate")
    if not isinstance(candidate, Mapping):
        raise ProtocolError("Janus sent a candidate that is no object.")
    text = candidate.get("candidate")
    return text if isinstance(text, str) and candidate.get("completed") is not True else None
