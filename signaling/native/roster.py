"""Who is in the room and what they publish, as the server tells it. Plain values: a message in, events out."""

from collections.abc import Iterable
from functools import singledispatchmethod
from typing import Any

from signaling import event
from signaling.errors import ProtocolError
from signaling.event import RoomEvent
from signaling.model import Participant, Room, RoomState, Track
from signaling.native import message as m


class Roster:
    """Holds the state of one room; raises ProtocolError for a message that does not fit it."""

    def __init__(self, joined: m.Joined) -> None:
        self.room: Room = joined.room
        self._participants: dict[str, Participant] = {}
        self._publications: dict[str, tuple[Track, ...]] = {}  # by the publication's id
        self._tracks: dict[str, Track] = {}
        for participant in joined.participants:
            self.apply(m.ParticipantJoined(participant))
        for publication in joined.publications:
            self.apply(m.Published(publication))

    def state(self) -> RoomState:
        return RoomState(self.room, tuple(self._participants.values()), tuple(self._tracks.values()))

    def track(self, track_id: str) -> Track | None:
        return self._tracks.get(track_id)

    @singledispatchmethod
    def apply(self, message: Any) -> list[RoomEvent]:
        """What the session is to know, in order."""
        raise ProtocolError(f"The server sent a message that only a bot sends ({type(message).__name__}).")

    @apply.register
    def _(self, message: m.RoomChanged) -> list[RoomEvent]:
        self.room = message.room
        return [event.RoomChanged(message.room)]

    @apply.register
    def _(self, message: m.ParticipantJoined) -> list[RoomEvent]:
        identity = message.participant.identity
        if identity in self._participants:
            raise ProtocolError(f"participant_joined names {identity!r}, who is in the room already.")
        self._participants[identity] = message.participant
        return [event.ParticipantJoined(message.participant)]

    @apply.register
    def _(self, message: m.ParticipantChanged) -> list[RoomEvent]:
        self._present(message.participant.identity, "participant_changed")
        self._participants[message.participant.identity] = message.participant
        return [event.ParticipantChanged(message.participant)]

    @apply.register
    def _(self, message: m.ParticipantLeft) -> list[RoomEvent]:
        """What a participant still publishes goes with them."""
        self._present(message.identity, "participant_left")
        gone = [track.id for track in self._tracks.values() if track.participant == message.identity]
        self._publications = {
            name: tracks
            for name, tracks in self._publications.items()
            if not tracks or tracks[0].participant != message.identity
        }
        del self._participants[message.identity]
        return [*self._remove(gone), event.ParticipantLeft(message.identity)]

    @apply.register
    def _(self, message: m.Published) -> list[RoomEvent]:
        if message.publication.id in self._publications:
            raise ProtocolError(f"published names the publication {message.publication.id!r}, which is there already.")
        self._present(message.publication.participant, "published")
        return self._update(message.publication, ())

    @apply.register
    def _(self, message: m.Changed) -> list[RoomEvent]:
        before = self._publications.get(message.publication.id)
        if before is None:
            raise ProtocolError(f"changed names the publication {message.publication.id!r}, which is not there.")
        self._present(message.publication.participant, "changed")
        return self._update(message.publication, before)

    @apply.register
    def _(self, message: m.Unpublished) -> list[RoomEvent]:
        tracks = self._publications.pop(message.publication, None)
        if tracks is None:
            raise ProtocolError(f"unpublished names the publication {message.publication!r}, which is not there.")
        return self._remove(track.id for track in tracks)

    def _present(self, identity: str, name: str) -> None:
        if identity not in self._participants:
            raise ProtocolError(f"{name} names {identity!r}, who is not in the room.")

    def _update(self, publication: m.Publication, before: tuple[Track, ...]) -> list[RoomEvent]:
        tracks = publication.model_tracks()
        old = {track.id: track for track in before}
        new = {track.id: track for track in tracks}
        clash = next((t for t in new if t in self._tracks and t not in old), None)
        if clash is not None or len(new) != len(tracks):
            raise ProtocolError(f"Publication {publication.id!r} has a track whose id is taken ({clash or 'twice'}).")
        events = self._remove(name for name in old if name not in new)
        for track in tracks:
            if track.id not in old:
                events.append(event.TrackPublished(track))
            elif old[track.id] != track:
                self._same_kind(old[track.id], track)
                events.append(event.TrackChanged(track))
        self._publications[publication.id] = tracks
        self._tracks.update(new)
        return events

    def _same_kind(self, old: Track, new: Track) -> None:
        if (old.kind, old.participant) != (new.kind, new.participant):
            raise ProtocolError(f"Track {new.id!r} changed its kind or participant; publish another track instead.")

    def _remove(self, track_ids: Iterable[str]) -> list[RoomEvent]:
        events: list[RoomEvent] = []
        for track_id in track_ids:
            del self._tracks[track_id]
            events.append(event.TrackUnpublished(track_id))
        return events
