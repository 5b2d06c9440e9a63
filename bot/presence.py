"""Keeps the bot in its room: joins, follows what happens there, and joins again when the way to the SFU is lost."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Protocol

from bot.backoff import LASTING_NS, wait_ns
from bot.lifecycle import EndReason
from signaling.client import Notice, RoomClient
from signaling.errors import NoSuchRoom, Refused, SignalingError
from signaling.event import (
    ConnectionLost,
    EndCause,
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    RoomChanged,
    RoomEnded,
    RoomEvent,
    TrackChanged,
    TrackPublished,
    TrackUnpublished,
)
from signaling.model import Layer, Participant, Room, RoomState, Track

log = logging.getLogger(__name__)

END_REASONS = {
    EndCause.CLOSED: EndReason.ROOM_CLOSED,
    EndCause.TIMED_OUT: EndReason.ROOM_TIMEOUT,
    EndCause.REMOVED: EndReason.STOPPED,
}


class RoomListener(Protocol):
    """Told of tracks that come and go. After a lost connection every track goes; after joining again they come anew."""

    def track_came(self, track: Track) -> None: ...

    def track_changed(self, track: Track) -> None: ...

    def track_went(self, track_id: str) -> None: ...

    def was_away(self, away_ns: int) -> None:
        """So long the bot was not in the room; told when it is back, and when it gives up or is stopped meanwhile."""


class Presence:
    """Single use: `enter` once, `stay` once, then `leave`. `room`, `participants` and `tracks` are as last known.

    Without `enter`, `stay` begins as after a lost connection: it tries until it is in, or the room is over."""

    def __init__(self, connect: Callable[[], RoomClient], *, grace_ns: int) -> None:
        self._connect = connect
        self._grace_ns = grace_ns
        self._client: RoomClient | None = None
        self._attempts = 0  # to join again, since a connection that lasted
        self._wishes: dict[str, Layer | None] = {}  # of tracks that are there, or were when the connection was lost
        self.room: Room | None = None
        self.participants: dict[str, Participant] = {}
        self.tracks: dict[str, Track] = {}
        self.rejoins = 0
        self.is_there = False  # in the room, as far as is known
        self.away_since_ns: int | None = None  # between losing the room and being back in it
        self.changes = 0  # counts up whenever participants or tracks change

    async def enter(self) -> None:
        """One attempt. Raises JoinError or ProtocolError. The tracks that are there already are told to the listener by
        `stay`."""
        self._client = client = self._connect()
        try:
            state = await client.join()
        except BaseException:
            await self.leave()
            raise
        self._take(state)
        self.is_there = True
        for track, layer in self._wishes.items():
            client.request_layer(track, layer)

    async def stay(self, listener: RoomListener) -> EndReason:
        """Returns when the room is over, or has refused the bot for the whole of the grace after a lost connection."""
        ended = None if self._client is not None else await self._be_away(listener, first=True)
        while ended is None:
            entered_ns = time.monotonic_ns()
            for track in self.tracks.values():
                listener.track_came(track)
            ended = await self._follow(listener)
            if ended is None:
                if time.monotonic_ns() - entered_ns >= LASTING_NS:
                    self._attempts = 0
                ended = await self._be_away(listener)
        return ended

    def notify(self, notice: Notice) -> None:
        """To those in the room, where it has a way; nothing while the bot is not there."""
        if self._client is not None and self.is_there:
            self._client.notify(notice)

    def request_layer(self, track: str, layer: Layer | None) -> None:
        """As `RoomClient.request_layer`. After a lost connection it is asked again for tracks that are still there."""
        if track in self.tracks or track in self._wishes:
            self._wishes[track] = layer
        if self._client is not None:
            self._client.request_layer(track, layer)

    async def leave(self) -> None:
        """Idempotent; to be called again when it was cancelled."""
        if self._client is not None:
            await self._client.leave()
            self._client = None
        self.is_there = False

    async def _follow(self, listener: RoomListener) -> EndReason | None:
        """None when the connection was lost."""
        assert self._client is not None
        reason = "the server ended the connection"
        async for event in self._client.events():
            if isinstance(event, RoomEnded):
                self.is_there = False
                return END_REASONS[event.cause]
            if isinstance(event, ConnectionLost):
                reason = event.reason
                break
            self._apply(event, listener)
        self.is_there = False
        log.warning("connection to the room lost, the recording goes on without it: %s", reason)
        return None

    async def _be_away(self, listener: RoomListener, *, first: bool = False) -> EndReason | None:
        """None when the bot is in the room again; `first`: it never was."""
        self.away_since_ns = lost_ns = time.monotonic_ns()
        try:
            for track_id in self.tracks:
                listener.track_went(track_id)
            self.tracks = {}
            self.changes += 1
            await self.leave()
            ended = await self._come_back(at_once=first)
        finally:
            self.away_since_ns = None
            away_ns = time.monotonic_ns() - lost_ns
            listener.was_away(away_ns)
        if ended is None and not first:
            self.rejoins += 1
            log.warning("back in the room after %.1f s", away_ns / 1e9)
        return ended

    async def _come_back(self, *, at_once: bool) -> EndReason | None:
        """None when the bot is in the room again."""
        refused_since_ns: int | None = None
        while True:
            if not at_once:
                await asyncio.sleep(wait_ns(self._attempts, random.random()) / 1e9)
                self._attempts += 1
            at_once = False
            try:
                await self.enter()
            except (Refused, NoSuchRoom) as error:
                # A server that has just started may not know its rooms yet, so one refusal is no verdict.
                now_ns = time.monotonic_ns()
                refused_since_ns = refused_since_ns or now_ns
                log.warning("joining again was refused: %s", error)
                if now_ns - refused_since_ns >= self._grace_ns:
                    return EndReason.ROOM_CLOSED
            except SignalingError as error:
                refused_since_ns = None
                log.info("joining again failed: %s", error)
            else:
                return None

    def _take(self, state: RoomState) -> None:
        self.changes += 1
        self.room = state.room
        self.participants = {person.identity: person for person in state.participants}
        self.tracks = {track.id: track for track in state.tracks}
        self._wishes = {track: layer for track, layer in self._wishes.items() if track in self.tracks}

    def _apply(self, event: RoomEvent, listener: RoomListener) -> None:
        self.changes += 1
        match event:
            case RoomChanged(room):
                self.room = room
            case ParticipantJoined(person) | ParticipantChanged(person):
                self.participants[person.identity] = person
            case ParticipantLeft(identity):
                self.participants.pop(identity, None)
            case TrackPublished(track):
                self.tracks[track.id] = track
                listener.track_came(track)
            case TrackChanged(track):
                self.tracks[track.id] = track
                listener.track_changed(track)
            case TrackUnpublished(track_id):
                self._wishes.pop(track_id, None)
                if self.tracks.pop(track_id, None) is not None:
                    listener.track_went(track_id)
