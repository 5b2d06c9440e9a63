"""The room as this client sees it: values in, events out, no I/O."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from types import MappingProxyType

from signaling.event import (
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    RoomEvent,
    TrackPublished,
    TrackUnpublished,
)
from signaling.janus.feedstream import FeedStream
from signaling.janus.identity import Identities, clean_name
from signaling.janus.roster import Entry, FeedId, Roster, compare
from signaling.janus.stage import on_stage, source_of
from signaling.model import Participant, Room, RoomState, Track


@dataclass(frozen=True, slots=True)
class Published:
    """One stream of a publisher that is wanted, and the track it is known as."""

    stream: FeedStream
    track: Track


@dataclass(slots=True)
class _Feed:
    entry: Entry
    participant: Participant
    streams: dict[str, Published] = field(default_factory=dict)  # by the publisher's own mid


class RoomView:
    """Participants and tracks of one room. Every method returns the events that follow, in the order they happen.

    `token` tells this client's track ids from those of the clients before it in the same recording.
    """

    def __init__(self, room: Room, stage_words: tuple[str, ...], token: str) -> None:
        self.room = room
        self._stage_words = stage_words
        self._token = token
        self._numbers = count(1)
        self._identities = Identities()
        self._feeds: dict[FeedId, _Feed] = {}

    def state(self) -> RoomState:
        participants = tuple(feed.participant for feed in self._feeds.values())
        tracks = tuple(item.track for feed in self._feeds.values() for item in feed.streams.values())
        return RoomState(self.room, participants, tracks)

    def wanted(self) -> Mapping[FeedId, Mapping[str, Published]]:
        """What to be subscribed to: for each publisher its streams by their mid."""
        return {name: MappingProxyType(feed.streams) for name, feed in self._feeds.items() if feed.streams}

    def publishing(self) -> tuple[FeedId, ...]:
        return tuple(name for name, feed in self._feeds.items() if feed.entry.publishing)

    def display(self, feed: FeedId) -> str:
        """For log lines."""
        known = self._feeds.get(feed)
        return known.participant.identity if known else str(feed)

    def see_roster(self, roster: Roster) -> list[RoomEvent]:
        change = compare({name: feed.entry for name, feed in self._feeds.items()}, roster)
        events: list[RoomEvent] = []
        for entry in change.left:
            events += self.drop(entry.feed)
            events.append(ParticipantLeft(self._feeds.pop(entry.feed).participant.identity))
            self._identities.release(entry.feed)
        for entry in change.stopped:
            events += self.drop(entry.feed)
        for entry in change.renamed:
            feed = self._feeds[entry.feed]
            feed.participant = replace(feed.participant, display_name=clean_name(entry.display))
            events.append(ParticipantChanged(feed.participant))
        for entry in change.joined:
            participant = Participant(self._identities.assign(entry.feed, entry.display), clean_name(entry.display))
            self._feeds[entry.feed] = _Feed(entry, participant)
            events.append(ParticipantJoined(participant))
        for name, entry in roster.items():
            self._feeds[name].entry = entry
        return events

    def see_streams(self, name: FeedId, streams: Sequence[FeedStream]) -> list[RoomEvent]:
        """`streams` is all that the publisher sends now. One that came back in another codec is a new track: Janus
        binds an m-line to its codec."""
        feed = self._feeds.get(name)
        if feed is None or not feed.entry.publishing:
            return []
        now = {stream.feed_mid: stream for stream in streams}
        stale = [mid for mid, item in feed.streams.items() if mid not in now or not _same(item.stream, now[mid])]
        events: list[RoomEvent] = [TrackUnpublished(feed.streams.pop(mid).track.id) for mid in stale]
        events += self._publish(feed, [stream for mid, stream in now.items() if mid not in feed.streams])
        return events

    def keep_only(self, name: FeedId, mids: Collection[str]) -> list[RoomEvent]:
        """The publisher was seen to stop all but `mids`; what it may have begun is not known yet."""
        feed = self._feeds.get(name)
        gone = [mid for mid in feed.streams if mid not in mids] if feed else []
        return [TrackUnpublished(feed.streams.pop(mid).track.id) for mid in gone] if feed else []

    def drop(self, name: FeedId) -> list[RoomEvent]:
        """The publisher's tracks are gone; seen again they are new ones."""
        return self.keep_only(name, ())

    def _publish(self, feed: _Feed, streams: Sequence[FeedStream]) -> Iterator[TrackPublished]:
        for stream in streams:
            stage = on_stage(self._stage_words, stream.description, feed.entry.display)
            track = Track(
                id=f"{self._token}-{next(self._numbers)}",
                publication=f"{feed.participant.identity}/{'stage' if stage else 'camera'}",
                participant=feed.participant.identity,
                kind=stream.kind,
                source=source_of(stream.kind, stage),
                stage=stage,
            )
            feed.streams[stream.feed_mid] = Published(stream, track)
            yield TrackPublished(track)


def _same(one: FeedStream, other: FeedStream) -> bool:
    # The subscription's mid differs from probe to probe; the description may be empty while a stream is paused.
    return (one.kind, one.codec) == (other.kind, other.codec)
