"""The generated room as a bot sees it: over a real WebSocket and real peer connections on loopback."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from signaling.client import Notice
from signaling.errors import NoSuchRoom, Refused, Unreachable
from signaling.event import (
    ConnectionLost,
    EndCause,
    ParticipantLeft,
    RoomEnded,
    TrackChanged,
    TrackPublished,
    TrackUnpublished,
)
from signaling.model import Layer, TrackKind
from signaling.rehearsal.encoding import SoundCodec, SoundEncoding, VideoCodec, VideoEncoding
from signaling.rehearsal.mishap import Mishaps
from signaling.rehearsal.plan import (
    Action,
    Clock,
    Close,
    Crash,
    Encode,
    Leave,
    Mute,
    ParticipantPlan,
    Plan,
    PublicationPlan,
    Publish,
    Reconnect,
    Unmute,
    Unpublish,
)
from signaling.rehearsal.room import RehearsalRoom
from signaling.rehearsal.sections import Offered
from signaling.rehearsal.settings import Connections, RehearsalSettings
from tests.rehearsal.audience import Audience, attend, number_of, until

TINY = VideoEncoding(VideoCodec.VP8, 160, 90, 10, 50)
TINY_H264 = VideoEncoding(VideoCodec.H264, 160, 90, 10, 50)
BIG = VideoEncoding(VideoCodec.VP8, 320, 180, 10, 100)
VOICE = SoundEncoding(SoundCodec.PCMU)
ADA_VIDEO, ADA_AUDIO = "ada/camera/0/video", "ada/camera/0/audio"
SECOND_NS = 1_000_000_000


def _plan(*actions: Action, video: tuple[VideoEncoding, ...] = (TINY,), first_sequence: int | None = None) -> Plan:
    ada = ParticipantPlan(
        "ada",
        "Ada",
        (
            PublicationPlan("camera", 1, video, VOICE, first_sequence=first_sequence),
            PublicationPlan("stage", 3, (TINY,), stage=True),
        ),
        clock=Clock(first_report_ns=0, report_interval_ns=200_000_000),
    )
    ben = ParticipantPlan("ben", "Ben", (PublicationPlan("camera", 2, (TINY,), VOICE),))
    return Plan((ada, ben), (Publish(3600 * SECOND_NS, "ada", "stage"), *actions))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


def _is_keyframe(packet: bytes) -> bool:
    """VP8 behind a one-byte extension header and our six bytes of descriptor: first partition, not an inter frame."""
    start = 12 + (4 + 4 * int.from_bytes(packet[14:16], "big") if packet[0] & 0x10 else 0)
    return bool(packet[start] & 0x10) and not packet[start + 6] & 1


async def _until(audience: Audience, kind: type, count: int = 1) -> None:
    await until(lambda: sum(isinstance(event, kind) for event in audience.events) >= count)


@pytest.mark.parametrize("connections", list(Connections))
async def test_a_bot_gets_every_track(connections: Connections, clips: Path) -> None:
    """However many connections it is given, each track's packets come under the SSRC it was told, a keyframe first,
    without a hole in their numbers, and sender reports with them."""
    settings = RehearsalSettings(clips=clips, connections=connections)
    async with RehearsalRoom(_plan(), settings) as room, attend(room.url) as (audience, _, state):
        assert {one.display_name for one in state.participants} == {"Ada", "Ben"}
        assert {track.id for track in state.tracks} == {
            f"{who}/camera/0/{k}" for who in ("ada", "ben") for k in TrackKind
        }
        for track in state.tracks:
            packets = await audience.wait_for(track.id, 12)
            numbers = [number_of(packet) for packet in packets]
            assert [(number - numbers[0]) % 65_536 for number in numbers] == list(range(len(numbers)))
            assert track.kind is TrackKind.AUDIO or _is_keyframe(packets[0])
        assert len(audience.reports) >= 3
        assert "unknown" not in audience.packets
    assert audience.closed == {Connections.ONE: 1}.get(connections, 2)


async def test_pictures_are_sent_again_by_rtx(clips: Path) -> None:
    """Under the SSRC that was told, with the number of the packet that was asked for."""
    async with RehearsalRoom(_plan(), RehearsalSettings(clips=clips)) as room, attend(room.url) as (audience, _, _):
        picture = (await audience.wait_for(ADA_VIDEO, 5))[2]
        audience.nack(ADA_VIDEO, number_of(picture))
        (again,) = await audience.wait_for(f"{ADA_VIDEO} again", 1)
        assert again.endswith(picture[2:4] + picture[20:])
        assert again[4:8] == picture[4:8]


@pytest.mark.long
@pytest.mark.parametrize("rtx", [True, False])
async def test_losses_on_the_way_are_repaired(rtx: bool, clips: Path) -> None:
    """Through the relay, which loses 15 %: a bot that asks for what is missing gets all of it, by RTX or as it was."""
    settings = RehearsalSettings(
        clips=clips,
        offered=Offered(rtx=rtx),
        mishaps=Mishaps(loss=0.15, delay_ns=20_000_000, spare_ns=2 * SECOND_NS),
    )
    async with RehearsalRoom(_plan(), settings) as room, attend(room.url) as (audience, _, _):
        asked: set[int] = set()
        async with asyncio.timeout(20):
            while len(audience.packets[ADA_AUDIO]) < 250 or audience.missing(ADA_AUDIO) or audience.missing(ADA_VIDEO):
                for track in (ADA_AUDIO, ADA_VIDEO):
                    for number in audience.missing(track):
                        asked.add(number)
                        audience.nack(track, number)
                await asyncio.sleep(0.1)
        assert len(asked) > 10
        assert bool(audience.packets[f"{ADA_VIDEO} again"]) == rtx


async def test_a_keyframe_comes_when_asked(clips: Path) -> None:
    """A PLI is followed by a keyframe soon, and it is counted."""
    async with RehearsalRoom(_plan(), RehearsalSettings(clips=clips)) as room, attend(room.url) as (audience, _, _):
        before = len(await audience.wait_for(ADA_VIDEO, 3))
        audience.ask_keyframe(ADA_VIDEO)
        packets = await audience.wait_for(ADA_VIDEO, before + 12)
        assert any(_is_keyframe(packet) for packet in packets[before:])
        (attendee,) = room.attendees
        assert [one.counters.keyframes_wanted for one in attendee.outlets if one.track == ADA_VIDEO] == [1]


async def test_the_plan_is_followed_and_told(clips: Path) -> None:
    """Mutes that are announced, publications and people that go, and the end."""
    plan = _plan(
        Mute(400_000_000, "ada", "camera", TrackKind.AUDIO),
        Unmute(800_000_000, "ada", "camera", TrackKind.AUDIO),
        Unpublish(1_000_000_000, "ada", "camera"),
        Leave(1_200_000_000, "ben"),
        Close(1_500_000_000, EndCause.TIMED_OUT),
    )
    async with RehearsalRoom(plan, RehearsalSettings(clips=clips)) as room, attend(room.url) as (audience, _, _):
        await asyncio.wait_for(audience.ended.wait(), 10)
        changed = [event.track.muted for event in audience.events if isinstance(event, TrackChanged)]
        gone = [event.track_id for event in audience.events if isinstance(event, TrackUnpublished)]
        assert changed == [True, False]
        assert gone[:2] == [ADA_VIDEO, ADA_AUDIO]
        assert ParticipantLeft("ben") in audience.events
        assert audience.events[-1] == RoomEnded(EndCause.TIMED_OUT)
        assert len(audience.goodbyes) == 4
        times = [int.from_bytes(packet[4:8], "big") / 8_000 for packet in audience.packets[ADA_AUDIO]]
        assert max(later - earlier for earlier, later in pairwise(times)) == pytest.approx(0.4, abs=0.1)


async def test_silent_troubles_are_silent(clips: Path) -> None:
    """A crash and a mute that nobody announces: packets stop, no event comes."""
    async with RehearsalRoom(_plan(), RehearsalSettings(clips=clips)) as room, attend(room.url) as (audience, _, _):
        await audience.wait_for(ADA_VIDEO, 3)
        await room.act(Crash(0, "ada"))
        await room.act(Mute(0, "ben", "camera", TrackKind.VIDEO, announced=False))
        await asyncio.sleep(0.1)
        counts = {track: len(packets) for track, packets in audience.packets.items()}
        await audience.wait_for("ben/camera/0/audio", counts["ben/camera/0/audio"] + 10)
        silent = (ADA_VIDEO, ADA_AUDIO, "ben/camera/0/video")
        assert [len(audience.packets[track]) for track in silent] == [counts[track] for track in silent]
        assert audience.events == []


async def test_coming_back_is_all_new(clips: Path) -> None:
    """The same participant, other tracks, on the same connection's m-lines or others, with packets again."""
    settings = RehearsalSettings(clips=clips, connections=Connections.ONE)
    async with RehearsalRoom(_plan(), settings) as room, attend(room.url) as (audience, _, _):
        await audience.wait_for(ADA_VIDEO, 2)
        await room.act(Reconnect(0, "ada", gap_ns=50_000_000))
        await _until(audience, TrackPublished, 2)
        packets = await audience.wait_for("ada/camera/1/video", 3)
        assert _is_keyframe(packets[0])
        assert packets[0][8:12] != audience.packets[ADA_VIDEO][0][8:12]


async def test_size_and_codec_change_in_midstream(clips: Path) -> None:
    """The payload type changes with the codec; the numbers go on."""
    plan = _plan(Encode(3600 * SECOND_NS, "ada", "camera", (TINY_H264,)))
    async with RehearsalRoom(plan, RehearsalSettings(clips=clips)) as room, attend(room.url) as (audience, _, _):
        await audience.wait_for(ADA_VIDEO, 3)
        await room.act(Encode(0, "ada", "camera", (TINY_H264,)))
        await until(lambda: audience.packets[ADA_VIDEO][-1][1] & 0x7F == 102)
        numbers = [number_of(packet) for packet in audience.packets[ADA_VIDEO]]
        assert [(number - numbers[0]) % 65_536 for number in numbers] == list(range(len(numbers)))


async def test_layers_and_notices(clips: Path) -> None:
    """The smallest layer that is large enough is sent, none when nobody looks; wishes and notices are recorded."""
    plan = _plan(video=(BIG, TINY))
    async with RehearsalRoom(plan, RehearsalSettings(clips=clips)) as room, attend(room.url) as (audience, client, _):
        before = len(await audience.wait_for(ADA_VIDEO, 2))
        client.request_layer(ADA_VIDEO, Layer(160, 90))
        client.notify(Notice("recording_started", "everyone", "This session is being recorded."))
        (attendee,) = room.attendees
        (outlet,) = (one for one in attendee.outlets if one.track == ADA_VIDEO)
        await until(lambda: outlet.counters.switches == 1)
        packets = await audience.wait_for(ADA_VIDEO, before + 10)
        client.request_layer(ADA_VIDEO, None)
        await until(lambda: outlet.hidden)
        await asyncio.sleep(0.1)
        count = len(packets)
        await audience.wait_for("ben/camera/0/video", len(audience.packets["ben/camera/0/video"]) + 4)
        assert len(packets) == count
        assert (ADA_VIDEO, None) in room.wishes.layers
        assert [notice.code for notice in room.wishes.notices] == ["recording_started"]


async def test_who_may_come_in(clips: Path) -> None:
    """A wrong token and a wrong room are refused; several bots at once are not."""
    async with RehearsalRoom(_plan(), RehearsalSettings(clips=clips, token="secret")) as room:
        with pytest.raises(Refused):
            async with attend(room.url, "wrong"):
                pass
        with pytest.raises(NoSuchRoom):
            async with attend(f"{room.url}-other", "secret"):
                pass
        async with attend(room.url, "secret") as (first, _, _), attend(room.url, "secret") as (second, _, _):
            await first.wait_for(ADA_VIDEO, 3)
            await second.wait_for(ADA_VIDEO, 3)
        assert room.joins == 2


async def test_numbers_begin_where_the_plan_says(clips: Path) -> None:
    """Two packets before they wrap, on a connection with feedback for bandwidth estimation and no MID."""
    settings = RehearsalSettings(clips=clips, offered=Offered(mid=False, transport_cc=True, remb=True))
    async with RehearsalRoom(_plan(first_sequence=65_534), settings) as room, attend(room.url) as (audience, _, _):
        packets = await audience.wait_for(ADA_VIDEO, 6)
        assert [number_of(packet) for packet in packets[:4]] == [65_534, 65_535, 0, 1]


async def test_nothing_is_left_behind(clips: Path) -> None:
    """After the room and the bot are gone no task of theirs is."""
    async with RehearsalRoom(_plan(), RehearsalSettings(clips=clips)) as room, attend(room.url) as (audience, _, _):
        await audience.wait_for(ADA_VIDEO, 3)
    await asyncio.sleep(0.05)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_server_that_goes_away_and_comes_back(clips: Path) -> None:
    """Bots lose the connection and are refused meanwhile; after that the same room is there at the same place."""
    async with RehearsalRoom(_plan(), RehearsalSettings(clips=clips)) as room:
        async with attend(room.url) as (audience, _, _):
            await audience.wait_for(ADA_VIDEO, 2)
            await room.go_away()
            await _until(audience, ConnectionLost)
            with pytest.raises(Unreachable):
                async with attend(room.url):
                    pass
        await room.come_back()
        async with attend(room.url) as (audience, _, state):
            assert len(state.tracks) == 4
            await audience.wait_for(ADA_VIDEO, 2)
