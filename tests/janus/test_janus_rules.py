"""What the Janus adapter decides, without a Janus."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.errors import NoSuchRoom, ProtocolError, Refused, SignalingError
from signaling.event import ParticipantChanged, ParticipantJoined, ParticipantLeft, TrackPublished, TrackUnpublished
from signaling.janus.attempt import Attempts
from signaling.janus.failure import RequestError, join_error
from signaling.janus.feedstream import FeedStream, parse_streams, sending_mids
from signaling.janus.identity import LONGEST_NAME, Identities, clean_name
from signaling.janus.quality import FIRST_AGAIN_NS, MOST_TIMES, Quality, Wish, choose
from signaling.janus.roster import Entry, Roster, compare, parse_roster
from signaling.janus.stage import STAGE_WORDS, on_stage
from signaling.janus.transaction import Transactions, read_answer, read_event
from signaling.janus.view import RoomView
from signaling.model import Layer, Room, TrackKind, TrackSource

HD = Layer(1280, 720)

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def roster(*entries: Entry) -> Roster:
    return {entry.feed: entry for entry in entries}


def stream(feed: int, mid: str, kind: TrackKind = TrackKind.VIDEO, codec: str = "vp8", **more: Any) -> FeedStream:
    return FeedStream(feed, feed_mid=mid, mid=mid, kind=kind, codec=codec, **({"description": ""} | more))


def offer(*directions: str) -> str:
    head = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
    body = (
        f"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:{mid}\r\na={direction}\r\na=rtpmap:96 VP8/90000\r\n"
        for mid, direction in enumerate(directions)
    )
    return head + "".join(body)


@pytest.mark.parametrize(
    ("description", "display", "stage"),
    [
        ("", "Anna", False),
        ("screen", "Anna", True),
        ("My Screen", "Anna", True),
        ("screenShare", "Anna", True),
        ("screen_2", "Anna", True),
        ("Presentation of May", "Anna", True),
        ("camera", "Anna", False),
        ("windscreen cam", "Anna", False),
        ("backstage", "Anna", False),
        ("", "Anna (screen)", True),
        ("", "Anna (Screen) ", True),
        ("", "(screen) Anna", False),
        ("", "Anna Stage", False),
        ("", "Screen share", True),
        ("", "stage", True),
        ("", "anna_screen2", True),
        ("", "Anna - Presentation", True),
        ("", "Anna-Maria", False),
        ("", "Sharing", False),
        ("", "", False),
    ],
)
def test_stage_is_told_by_description_or_name(description: str, display: str, stage: bool) -> None:
    """A whole word of the description or a note after the display name decides; part of another word does not."""
    assert on_stage(STAGE_WORDS, description, display) is stage


def test_stage_words_are_a_setting() -> None:
    """An operator's own words take the place of the default ones."""
    names = ("Bühne", "Folien")
    assert on_stage(names, "bühne", "Anna")
    assert on_stage(names, "", "Anna/FOLIEN")
    assert not on_stage(names, "screen", "Anna (screen)")


def test_who_reconnects_keeps_the_identity() -> None:
    """A new id with the old name is the same person, as soon as the old one is gone."""
    identities = Identities()
    assert identities.assign(1, "Anna") == "Anna"
    identities.release(1)
    assert identities.assign(2, "Anna") == "Anna"


def test_same_names_stay_apart() -> None:
    """Two of one name have two identities, and keep them whoever leaves first."""
    identities = Identities()
    assert [identities.assign(1, "Anna"), identities.assign(2, "Anna"), identities.assign(3, "")] == [
        "Anna",
        "Anna ~2",
        "id:3",
    ]
    identities.release(1)
    assert identities.assign(2, "Anna") == "Anna ~2"
    assert identities.assign(4, "Anna") == "Anna"


@given(st.text(max_size=600))
def test_names_become_one_printable_line(display: str) -> None:
    """Whatever a page calls its user, nothing of it breaks a log line or a file name."""
    name = clean_name(display)
    assert len(name) <= LONGEST_NAME
    assert name.isprintable()
    assert name == name.strip()


def test_roster_leaves_placeholders_out() -> None:
    """The server's own dummy publisher is nobody."""
    listed = [{"id": 2, "display": "Ben", "publisher": True}, {"id": 1, "publisher": False}, {"id": 9, "dummy": True}]
    assert list(parse_roster({"participants": listed}).values()) == [Entry(1, "", False), Entry(2, "Ben", True)]


def test_roster_difference() -> None:
    """Gone, new, renamed and no longer publishing are told apart."""
    before = roster(Entry(1, "Anna", True), Entry(2, "Ben", True), Entry(3, "Cleo", True))
    after = roster(Entry(2, "Benjamin", True), Entry(3, "Cleo", False), Entry(4, "Dora", True))
    change = compare(before, after)
    assert [entry.feed for entry in change.left] == [1]
    assert [entry.feed for entry in change.joined] == [4]
    assert [entry.feed for entry in change.renamed] == [2]
    assert [entry.feed for entry in change.stopped] == [3]


@given(ANY_JSON)
def test_a_strange_roster_is_a_protocol_error(value: Any) -> None:
    """Nothing that a server sends in place of a roster raises anything else."""
    for data in ({"participants": value}, {"participants": [value]}):
        with suppress(ProtocolError):
            parse_roster(data)


def test_only_streams_that_are_offered_count() -> None:
    """Janus lists a stopped m-line as active; its offer says inactive."""
    listed = [
        {"type": "video", "active": True, "mid": "0", "feed_mid": "a", "feed_id": 7, "codec": "vp8"},
        {"type": "video", "active": True, "mid": "1", "feed_mid": "b", "feed_id": 7},
        {"type": "video", "active": False, "mid": "2"},
        {"type": "data", "active": True, "mid": "3"},
        {"type": "video", "active": True, "mid": "4", "feed_mid": "c", "feed_id": 8, "simulcast": {}},
    ]
    streams = parse_streams({"streams": listed}, offer("sendonly", "inactive", "inactive", "sendrecv", "sendonly"))
    assert [(s.feed, s.feed_mid, s.simulcast) for s in streams] == [(7, "a", False), (8, "c", True)]


def test_rejected_sections_do_not_send() -> None:
    """Port 0 is a refused m-line, whatever direction stands under it."""
    assert sending_mids(offer("sendonly", "sendonly").replace("m=video 9", "m=video 0", 1)) == {"1"}


@given(ANY_JSON)
def test_strange_streams_are_a_protocol_error(value: Any) -> None:
    """Nothing that a server sends in place of streams raises anything else."""
    for listed in (value, [value], [{"type": "video", "active": True, "feed_id": 1, "mid": value}]):
        with suppress(SignalingError):
            parse_streams({"streams": listed}, offer("sendonly"))


@given(ANY_JSON)
def test_strange_messages_are_refused_not_raised(value: Any) -> None:
    """Reading an answer gives a value or an error of the package, whatever the message holds."""
    for message in (
        {"janus": "error", "error": value},
        {"janus": "event", "plugindata": value, "jsep": value},
        {"janus": "event", "plugindata": {"data": value}},
        {"janus": "success", "data": value},
        {"janus": value, "plugindata": {"data": {"error_code": value, "error": value}}},
    ):
        with suppress(SignalingError):
            read_answer(message)


def test_an_ack_is_an_answer_only_where_nothing_better_comes() -> None:
    """A message is acknowledged first and answered later; a keepalive is only acknowledged."""
    transactions = Transactions()
    message, keepalive = transactions.begin(), transactions.begin(ack_is_enough=True)
    assert transactions.settle({"janus": "ack", "transaction": message}) is None
    assert transactions.settle({"janus": "ack", "transaction": keepalive}) == keepalive
    assert transactions.settle({"janus": "event", "transaction": message}) == message
    assert transactions.settle({"janus": "event", "transaction": message}) is None
    assert transactions.settle({"janus": "event", "transaction": 5}) is None


def test_only_an_offer_counts_as_an_offer() -> None:
    """An answer where an offer belongs is not handed on."""
    assert read_event({"plugindata": {"data": {"a": 1}}, "jsep": {"type": "answer", "sdp": "v=0"}}).sdp is None
    assert read_event({"plugindata": {"data": {"a": 1}}, "jsep": {"type": "offer", "sdp": "v=0"}}).sdp == "v=0"


@pytest.mark.parametrize(
    ("code", "core", "error"),
    [
        (426, False, NoSuchRoom),
        (433, False, Refused),
        (429, False, Refused),
        (403, True, Refused),
        (460, True, Refused),
    ],
)
def test_refusals_become_sentences(code: int, core: bool, error: type[Exception]) -> None:
    """A person reads what to do, not a number."""
    reason = join_error(RequestError(code, "x", core=core), "1234")
    assert type(reason) is error
    assert str(reason).endswith(".")
    assert str(code) not in str(reason)


def view_with(*entries: Entry) -> RoomView:
    view = RoomView(Room("1", "Room"), STAGE_WORDS, "t")
    view.see_roster(roster(*entries))
    return view


def kinds(events: Sequence[object]) -> list[type]:
    return [type(event) for event in events]


def test_view_tells_who_comes_and_goes() -> None:
    """Tracks go before their participant, and nothing is told twice."""
    view = view_with(Entry(1, "Anna", True))
    assert kinds(view.see_streams(1, [stream(1, "0", TrackKind.AUDIO, "opus"), stream(1, "1")])) == [TrackPublished] * 2
    assert view.see_streams(1, [stream(1, "0", TrackKind.AUDIO, "opus"), stream(1, "1")]) == []
    assert view.see_roster(roster(Entry(1, "Anna", True))) == []
    assert kinds(view.see_roster({})) == [TrackUnpublished, TrackUnpublished, ParticipantLeft]
    assert not view.state().participants
    assert not view.state().tracks


def test_view_makes_new_tracks_of_what_comes_back() -> None:
    """Unpublished and published again is another track of the same participant; ids are never used twice."""
    view = view_with(Entry(1, "Anna", True))
    view.see_streams(1, [stream(1, "1")])
    first = view.state().tracks
    assert kinds(view.see_roster(roster(Entry(1, "Anna", False)))) == [TrackUnpublished]
    assert view.see_roster(roster(Entry(1, "Anna", True))) == []
    view.see_streams(1, [stream(1, "1")])
    second = view.state().tracks
    assert first[0].id != second[0].id
    assert (first[0].participant, first[0].source) == (second[0].participant, second[0].source)


def test_view_follows_streams_of_one_publisher() -> None:
    """A stream more is published, a stream less unpublished, another codec is another track."""
    view = view_with(Entry(1, "Anna", True))
    view.see_streams(1, [stream(1, "1")])
    added = view.see_streams(1, [stream(1, "1"), stream(1, "2", description="screen")])
    assert [event.track.source for event in added if isinstance(event, TrackPublished)] == [TrackSource.SCREEN_SHARE]
    assert kinds(view.see_streams(1, [stream(1, "1", codec="h264"), stream(1, "2")])) == [
        TrackUnpublished,
        TrackPublished,
    ]
    assert kinds(view.keep_only(1, ["2"])) == [TrackUnpublished]
    assert view.keep_only(1, ["2"]) == []
    assert set(view.wanted()[1]) == {"2"}


def test_view_keeps_identity_over_a_new_name() -> None:
    """Somebody who changes the display name is still the same."""
    view = view_with(Entry(1, "Anna", True))
    (event,) = view.see_roster(roster(Entry(1, "Anna B.", True)))
    assert isinstance(event, ParticipantChanged)
    assert (event.participant.identity, event.participant.display_name) == ("Anna", "Anna B.")


def test_view_of_a_crash_and_return() -> None:
    """The ghost of a crashed page and its successor are two, and later the successor is known again."""
    view = view_with(Entry(1, "Anna", True))
    (event,) = view.see_roster(roster(Entry(1, "Anna", True), Entry(2, "Anna", True)))
    assert isinstance(event, ParticipantJoined)
    assert event.participant.identity == "Anna ~2"
    assert view.see_roster(roster(Entry(2, "Anna", True))) == [ParticipantLeft("Anna")]


def test_streams_of_strangers_are_nothing() -> None:
    """A probe that comes back after its publisher left changes nothing."""
    view = view_with(Entry(1, "Anna", False))
    assert view.see_streams(1, [stream(1, "1")]) == []
    assert view.see_streams(2, [stream(2, "1")]) == []


@pytest.mark.parametrize(
    ("wanted", "layer"),
    [
        (Layer(320, 180), 0),
        (Layer(340, 190), 0),
        (Layer(480, 270), 1),
        (Layer(180, 320), 0),
        (Layer(640, 360), 1),
        (Layer(960, 540), 2),
        (Layer(1920, 1080), 2),
        (None, None),
    ],
)
def test_layer_fits_the_tile(wanted: Layer | None, layer: int | None) -> None:
    """The smallest layer that fills the tile, whichever way round; nothing when nobody sees it."""
    assert choose(wanted, HD) == Wish(layer)


def test_only_what_changes_is_configured() -> None:
    """Saying `send: true` again would cost a keyframe."""
    simulcast, quality = stream(1, "1", simulcast=True), Quality()
    assert quality.changes([(simulcast, Wish())], 0) == []
    assert quality.changes([(simulcast, Wish(0))], 0) == [{"mid": "1", "substream": 0, "temporal": 2}]
    assert quality.changes([(simulcast, Wish(0))], 0) == []
    assert quality.changes([(simulcast, Wish(None))], 0) == [{"mid": "1", "send": False}]
    assert quality.next_ns is None
    assert quality.changes([(simulcast, Wish(1))], 0) == [{"mid": "1", "send": True, "substream": 1, "temporal": 2}]
    layered = stream(2, "2", layered=True)
    assert quality.changes([(layered, Wish(1))], 0) == [{"mid": "2", "spatial_layer": 1, "temporal_layer": 2}]
    assert quality.changes([(stream(3, "3"), Wish(0))], 0) == []


def test_a_layer_is_asked_for_until_it_comes() -> None:
    """A keyframe request that the browser ignored is made again, until Janus says that the layer is there."""
    wishes, quality = [(stream(1, "1", simulcast=True), Wish(0))], Quality()
    assert quality.changes(wishes, 0)
    assert quality.next_ns == FIRST_AGAIN_NS
    assert quality.changes(wishes, FIRST_AGAIN_NS - 1) == []
    assert quality.changes(wishes, FIRST_AGAIN_NS) == [{"mid": "1", "substream": 0, "temporal": 2}]
    quality.hear({"mid": "1", "substream": 1})
    assert quality.next_ns == 3 * FIRST_AGAIN_NS
    quality.hear({"mid": "1", "substream": 0})
    assert quality.next_ns is None
    assert quality.changes(wishes, 1_000 * FIRST_AGAIN_NS) == []


def test_a_layer_that_never_comes_is_given_up() -> None:
    """A publisher that does not send a layer is not asked for keyframes for ever; a new wish begins anew."""
    simulcast, quality = stream(1, "1", simulcast=True), Quality()
    asked, now = int(bool(quality.changes([(simulcast, Wish(0))], 0))), 0
    while (due := quality.next_ns) is not None:
        now = due
        asked += bool(quality.changes([(simulcast, Wish(0))], now))
    assert asked == MOST_TIMES
    assert now < 60 * FIRST_AGAIN_NS
    assert quality.changes([(simulcast, Wish(1))], now)
    quality.keep(())
    assert quality.changes([(simulcast, Wish())], now) == []


def test_failures_wait_longer_each_time() -> None:
    """1, 2, 4 … 30 s, forgotten on success and when the publisher has left."""
    attempts = Attempts()
    second, now = 1_000_000_000, 0
    for wait in (1, 2, 4, 8, 16, 30, 30):
        attempts.failed("a", now)
        assert not attempts.may_try("a", now + wait * second - 1)
        now += wait * second
        assert attempts.may_try("a", now)
    attempts.failed("a", now)
    attempts.keep(())
    assert attempts.may_try("a", now)
