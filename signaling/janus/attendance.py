"""Being in the room: look who is there once a second, and be subscribed to all that is sent."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from signaling.errors import SignalingError
from signaling.event import RoomEvent, TrackUnpublished
from signaling.janus.attempt import Attempts
from signaling.janus.failure import LinkLost, RequestError, Unanswered
from signaling.janus.link import Link
from signaling.janus.lobby import Lobby, room_is_gone
from signaling.janus.probe import Probe
from signaling.janus.quality import Wish, choose
from signaling.janus.roster import FeedId
from signaling.janus.settings import JanusSettings
from signaling.janus.subscription import Ended, Subscription, Target
from signaling.janus.view import Published, RoomView
from signaling.media import PacketReceiver
from signaling.model import Layer
from signaling.peer.settings import PeerSettings

log = logging.getLogger(__name__)

SHORTEST_PAUSE_S: Final = 0.1  # between two looks, however often something happens


class Attendance:
    """The only one that changes the view. Its tasks live in `group`."""

    def __init__(
        self,
        link: Link,
        lobby: Lobby,
        *,
        view: RoomView,
        pin: str | None,
        receiver: PacketReceiver,
        peer: PeerSettings,
        settings: JanusSettings,
        emit: Callable[[Sequence[RoomEvent]], None],
    ) -> None:
        self._link = link
        self._lobby = lobby
        self._view = view
        self._pin = pin
        self._receiver = receiver
        self._peer = peer
        self._settings = settings
        self._emit_to = emit
        self._attempts = Attempts()
        self._probe = Probe(link, lobby.subscription)
        self._wishes: dict[str, Wish] = {}  # by track
        self._running: dict[FeedId, tuple[Subscription, asyncio.Task[None]]] = {}
        self._poked = asyncio.Event()
        self._next_probe_ns = 0

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Until something raises: LinkLost, ProtocolError, or RequestError when the room is gone."""
        self._settle(group)
        while True:
            await asyncio.sleep(SHORTEST_PAUSE_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.poll_interval_ns / 1e9 - SHORTEST_PAUSE_S):
                    await self._poked.wait()
            self._poked.clear()
            try:
                await self.look(time.monotonic_ns())
            except (RequestError, Unanswered) as error:
                if isinstance(error, RequestError) and (error.core or room_is_gone(error)):
                    raise
                log.warning("janus would not tell what is published: %s", error)
            self._end_stalled(time.monotonic_ns())
            self._settle(group)

    async def look(self, now_ns: int) -> None:
        """Ask who is there, and where it may have changed, what they send."""
        self._emit(self._view.see_roster(await self._lobby.roster()))
        publishing = self._view.publishing()
        self._attempts.keep(publishing)
        self._probe.keep(publishing)
        known = self._view.wanted()
        askable = [feed for feed in publishing if feed in known or self._attempts.may_try(feed, now_ns)]
        if now_ns < self._next_probe_ns:
            askable = [feed for feed in askable if feed not in known]
        else:
            self._next_probe_ns = now_ns + self._settings.probe_interval_ns
        if askable:
            for feed, streams in (await self._probe.streams(askable)).items():
                self._emit(self._view.see_streams(feed, streams) if streams is not None else [])

    def request_layer(self, track: str, layer: Layer | None) -> None:
        wish = choose(layer, self._settings.top_layer)
        if self._wishes.get(track, Wish()) == wish:
            return
        for feed, streams in self._view.wanted().items():
            if any(item.track.id == track for item in streams.values()):
                self._wishes[track] = wish
                self._poke(feed)

    def _settle(self, group: asyncio.TaskGroup) -> None:
        """As many subscriptions as there are publishers with something to receive."""
        wanted = self._view.wanted()
        for feed in [feed for feed in self._running if feed not in wanted]:
            self._running.pop(feed)[1].cancel()
        for feed, streams in wanted.items():
            if feed not in self._running:
                self._start(group, feed, streams)

    def _start(self, group: asyncio.TaskGroup, feed: FeedId, streams: Mapping[str, Published]) -> None:
        target = Target(self._lobby.room_id, self._pin, feed)
        subscription = Subscription(
            self._link,
            target,
            wanted=streams,
            wishes=self._wishes,
            receiver=self._receiver,
            peer=self._peer,
            on_streams=self._on_streams,
        )
        self._running[feed] = (subscription, group.create_task(self._follow(subscription), name=f"janus-{feed}"))

    async def _follow(self, subscription: Subscription) -> None:
        feed = subscription.target.feed
        try:
            await subscription.run()
        except LinkLost:
            raise
        except SignalingError as error:
            self._fail(feed, subscription, error)

    def _fail(self, feed: FeedId, subscription: Subscription, error: SignalingError) -> None:
        if feed not in self._running or self._running[feed][0] is not subscription:
            return  # ended by us meanwhile
        del self._running[feed]
        if isinstance(error, Ended) and feed not in self._view.wanted():
            log.debug("janus publisher %s stopped", feed)
        else:
            log.warning("janus subscription to publisher %s failed: %s", feed, error)
            if subscription.heartbeat.last_ns is not None:
                self._attempts.succeeded(feed)
            self._attempts.failed(feed, time.monotonic_ns())
            self._emit(self._view.drop(feed))
        self._poked.set()

    def _end_stalled(self, now_ns: int) -> None:
        """A publisher that left and came back under its old id is known by its silence only. One that is muted is
        silent, too: the new connection costs little, and is left alone until it has had packets."""
        for feed, (subscription, task) in list(self._running.items()):
            limit_ns = self._settings.stage_stall_ns if subscription.has_stage else self._settings.stall_ns
            if subscription.heartbeat.stalled(now_ns, limit_ns) and not subscription.is_switched_off:
                log.info("janus publisher %s went silent; subscribing again", feed)
                self._emit(self._view.drop(feed))
                del self._running[feed]
                task.cancel()
                self._poked.set()

    def _on_streams(self, feed: FeedId, mids: Collection[str]) -> None:
        events = self._view.keep_only(feed, mids)
        if events:
            self._emit(events)
            self._poked.set()

    def _emit(self, events: Sequence[RoomEvent]) -> None:
        for event in events:
            if isinstance(event, TrackUnpublished):
                self._wishes.pop(event.track_id, None)
        if events:
            self._emit_to(events)
            for feed in self._running:
                self._poke(feed)

    def _poke(self, feed: FeedId) -> None:
        running = self._running.get(feed)
        if running is not None:
            running[0].poke()
