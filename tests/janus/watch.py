"""A client in a room, and what it has told so far."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from signaling.event import ParticipantJoined, ParticipantLeft, RoomEvent, TrackPublished, TrackUnpublished
from signaling.janus.client import JanusClient
from signaling.janus.settings import JanusSettings
from signaling.model import Track, TrackKind
from signaling.peer.settings import PeerSettings
from tests.janus.packetcount import PacketCount

PATIENCE_S = 30.0  # a busy machine


class Watch:
    """Keeps the sets that a session would keep, and fails on an event that contradicts them."""

    def __init__(self, client: JanusClient, receiver: PacketCount) -> None:
        self.client = client
        self.receiver = receiver
        self.events: list[RoomEvent] = []
        self.participants: set[str] = set()
        self.tracks: dict[str, Track] = {}
        self._used: set[str] = set()

    @classmethod
    @asynccontextmanager
    async def of(cls, url: str, room: int, settings: JanusSettings | None = None) -> AsyncIterator["Watch"]:
        receiver = PacketCount()
        client = JanusClient(url, str(room), receiver=receiver, peer=PeerSettings(), settings=settings)
        state = await client.join()
        watch = cls(client, receiver)
        watch.participants = {participant.identity for participant in state.participants}
        for track in state.tracks:
            watch._add(track)
        async with asyncio.TaskGroup() as group:
            group.create_task(watch._read())
            try:
                yield watch
            finally:
                await client.leave()
        assert receiver.open_connections == set()

    def track(self, participant: str, kind: TrackKind, *, stage: bool = False) -> Track | None:
        found = [t for t in self.tracks.values() if (t.participant, t.kind, t.stage) == (participant, kind, stage)]
        assert len(found) <= 1, found
        return found[0] if found else None

    def flows(self, participant: str, *kinds: TrackKind, more_than: int = 20, stage: bool = False) -> bool:
        """Packets came for these kinds of the participant's tracks as they are now."""
        tracks = [self.track(participant, kind, stage=stage) for kind in kinds]
        return all(track is not None and self.receiver.packets[track.id] > more_than for track in tracks)

    def has_width(self, track: Track, width: int) -> bool:
        """Of the last VP8 keyframe."""
        return self.receiver.sizes.get(track.id, (0, 0))[0] == width

    async def until(self, test: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not test():  # noqa: ASYNC110 - packets are counted, not announced
                    await asyncio.sleep(0.02)
        except TimeoutError:
            receiver = self.receiver
            state = (self.participants, list(self.tracks.values()), receiver.packets, receiver.sizes, self.events[-8:])
            raise AssertionError(f"not seen: {what}. {state}") from None

    def _add(self, track: Track) -> None:
        assert track.id not in self._used, f"{track.id} was used before"
        assert track.participant in self.participants
        self._used.add(track.id)
        self.tracks[track.id] = track

    async def _read(self) -> None:
        async for event in self.client.events():
            self.events.append(event)
            match event:
                case ParticipantJoined(participant):
                    assert participant.identity not in self.participants
                    self.participants.add(participant.identity)
                case ParticipantLeft(identity):
                    assert not [track for track in self.tracks.values() if track.participant == identity]
                    self.participants.remove(identity)
                case TrackPublished(track):
                    self._add(track)
                case TrackUnpublished(track_id):
                    del self.tracks[track_id]
