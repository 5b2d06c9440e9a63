"""Keeps the bot in its room: joins, follows what happens there, and joins again when the way to the SFU is lost."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Protocol

from bot.backoff import wait_ns
from bot.lifecycle import EndReason
from signaling.client import RoomClient
from signaling.errors import JoinError, NoSuchRoom, Refused, SignalingError
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
from signaling.model import Participant, Room, RoomState, Track

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

    def connection_lost(self, reason: str) -> None: ...

    def connection_back(self, away_ns: int) -> None: ...


class Presence:
    """Single use: `enter` once, `stay` once, then `leave`. `room`, `participants` and `tracks` are as last known."""

    def __init__(self, connect: Callable[[], RoomClient], *, grace_ns: int) -> None:
        self._connect = connect
        self._grace_ns = grace_ns
        self.client: RoomClient | None = None
        self.room: Room | None = None
        self.participants: dict[str, Participant] = {}
        self.tracks: dict[str, Track] = {}
        self.rejoins = 0

    async def enter(self) -> Room:
        """Raises JoinError or ProtocolError; there is no second attempt, because somebody is waiting for the answer.
        The tracks that are there already are told to the listener by `stay`."""
        self.client = self._connect()
        try:
            state = await self.client.join()
        except BaseException:
            await self.leave()
            raise
        self._take(state)
        return state.room

    async def stay(self, listener: RoomListener) -> EndReason:
        """Returns when the room is over, or has refused the bot for the whole of the grace after a lost connection."""
        while True:
            for track in self.tracks.values():
                listener.track_came(track)
            ended = await self._follow(listener)
            if ended is not None:
                return ended
            lost_ns = time.monotonic_ns()
            ended = await self._come_back()
            if ended is not None:
                return ended
            self.rejoins += 1
            listener.connection_back(time.monotonic_ns() - lost_ns)

    async def leave(self) -> None:
        client, self.client = self.client, None
        if client is not None:
            await client.leave()

    async def _follow(self, listener: RoomListener) -> EndReason | None:
        """None when the connection was lost."""
        assert self.client is not None
        reason = "the server ended the connection"
        async for event in self.client.events():
            if isinstance(event, RoomEnded):
                return END_REASONS[event.cause]
            if isinstance(event, ConnectionLost):
                reason = event.reason
                break
            self._apply(event, listener)
        log.warning("connection to the room lost: %s", reason)
        listener.connection_lost(reason)
        for track_id in self.tracks:
            listener.track_went(track_id)
        self.tracks = {}
        await self.leave()
        return None

    async def _come_back(self) -> EndReason | None:
        """None when the bot is in the room again."""
        refused_since_ns: int | None = None
        for attempt in range(2**62):
            await asyncio.sleep(wait_ns(attempt, random.random()) / 1e9)
            try:
                await self._enter_again()
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
        raise AssertionError("unreachable: more attempts than a lifetime holds")

    async def _enter_again(self) -> None:
        client = self._connect()
        self.client = client
        try:
            state = await client.join()
        except (JoinError, SignalingError):
            await self.leave()
            raise
        self._take(state)

    def _take(self, state: RoomState) -> None:
        self.room = state.room
        self.participants = {person.identity: person for person in state.participants}
        self.tracks = {track.id: track for track in state.tracks}

    def _apply(self, event: RoomEvent, listener: RoomListener) -> None:
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
                if self.tracks.pop(track_id, None) is not None:
                    listener.track_went(track_id)
