"""What the session hears of a native room."""

import pytest

from signaling import event
from signaling.errors import ProtocolError
from signaling.model import Participant, Room, TrackKind, TrackSource
from signaling.native import message as m
from signaling.native.roster import Roster


def camera(track: str = "v", *, muted: bool = False, kind: TrackKind = TrackKind.VIDEO) -> m.PublishedTrack:
    return m.PublishedTrack(track, kind, TrackSource.CAMERA, muted=muted)


def publication(*tracks: m.PublishedTrack, by: str = "ann", name: str = "p") -> m.Publication:
    return m.Publication(name, by, tracks)


def roster() -> Roster:
    people = (Participant("ann", "Ann"), Participant("bob", "Bob"))
    return Roster(m.Joined(1, Room("r", "Title"), people, (publication(camera()),)))


def test_the_room_at_joining() -> None:
    """Participants and tracks that are there already."""
    state = roster().state()
    assert [p.identity for p in state.participants] == ["ann", "bob"]
    assert [(t.id, t.publication, t.participant, t.stage) for t in state.tracks] == [("v", "p", "ann", False)]


def test_a_mute_changes_the_track_only() -> None:
    """Tracks that are as before are not told again."""
    room = roster()
    room.apply(m.Changed(publication(camera(), camera("w"))))
    events = room.apply(m.Changed(publication(camera(muted=True), camera("w"))))
    assert len(events) == 1
    assert isinstance(events[0], event.TrackChanged)
    assert events[0].track.muted


def test_tracks_come_and_go_within_a_publication() -> None:
    """Gone ones are told before new ones."""
    events = roster().apply(m.Changed(publication(camera("w"))))
    assert events[0] == event.TrackUnpublished("v")
    assert isinstance(events[1], event.TrackPublished)


def test_who_leaves_takes_their_tracks() -> None:
    """And the publication may come again with who comes again."""
    room = roster()
    assert room.apply(m.ParticipantLeft("ann")) == [event.TrackUnpublished("v"), event.ParticipantLeft("ann")]
    assert room.state().tracks == ()
    room.apply(m.ParticipantJoined(Participant("ann", "Ann")))
    assert [type(e) for e in room.apply(m.Published(publication(camera("v2"))))] == [event.TrackPublished]


@pytest.mark.parametrize(
    "message",
    [
        m.ParticipantJoined(Participant("ann", "Ann")),
        m.ParticipantChanged(Participant("eve", "Eve")),
        m.ParticipantLeft("eve"),
        m.Published(publication(camera("x"))),
        m.Published(publication(camera("x"), by="eve", name="q")),
        m.Published(publication(camera("v"), by="bob", name="q")),
        m.Published(publication(camera("x"), camera("x"), name="q")),
        m.Changed(publication(camera(), name="q")),
        m.Changed(publication(camera(kind=TrackKind.AUDIO))),
        m.Changed(publication(camera(), by="bob")),
        m.Unpublished("q"),
        m.Joined(1, Room("r", "Title")),
        m.Leave(),
        m.Restart("c"),
    ],
)
def test_what_does_not_fit_is_refused(message: m.Message) -> None:
    """And leaves the room as it was."""
    room = roster()
    before = room.state()
    with pytest.raises(ProtocolError):
        room.apply(message)
    assert room.state() == before
