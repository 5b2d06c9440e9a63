"""Real browsers in a real Janus, seen by the client: who comes, what arrives, and that nobody hears of the bot."""

import asyncio
import time
from functools import partial
from pathlib import Path

import pytest

from signaling.errors import Refused
from signaling.janus.client import JanusClient
from signaling.janus.settings import JanusSettings
from signaling.model import Layer, TrackKind, TrackSource
from signaling.peer.settings import PeerSettings
from tests.janus.browser import Studio
from tests.janus.cast import ANNA, BEN, CLEO, LATE, STAGE, enter
from tests.janus.gateway import SECRET, Gateway
from tests.janus.namespace import Namespace
from tests.janus.packetcount import PacketCount
from tests.janus.watch import Watch

pytestmark = [pytest.mark.long, pytest.mark.alone, pytest.mark.needs("janus", "chromium", "ip")]

AUDIO, VIDEO = TrackKind.AUDIO, TrackKind.VIDEO


def people_named_to(studio: Studio, name: str) -> set[str]:
    """Every display name that Janus ever mentioned to this publisher."""
    named: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            named.update(str(value[key]) for key in ("display",) if key in value)
            for part in value.values():
                walk(part)
        elif isinstance(value, list):
            for part in value:
                walk(part)

    for report in studio.reports:
        if report["name"] == name:
            walk(report)
    return named


def unnamed_to(studio: Studio, name: str) -> list[object]:
    """Joins and leaves told to this publisher that carry an id which belongs to none of the publishers."""
    known = {r["data"]["id"] for r in studio.reports if r["kind"] == "joined"}
    told = [event.get("plugindata", {}).get("data", {}) for event in studio.events_of(name)]
    ids = [data.get("joining", {}).get("id") for data in told]
    ids += [data.get(word) for data in told for word in ("leaving", "kicked", "unpublished")]
    return [number for number in ids if number not in {None, "ok"} and number not in known]


async def test_everybody_arrives_and_goes(studio: Studio, gateway: Gateway) -> None:
    """Four publishers in three codecs arrive, one joins late, and one each crashes, leaves and is kicked."""
    await studio.open("one")
    for role in (ANNA, BEN, CLEO, STAGE):
        await enter(studio, "one", role, gateway, 1001)
    async with Watch.of(gateway.url, 1001) as watch:
        assert watch.participants == {"Anna", "Ben", "Cleo", "Dora"}
        for role in (ANNA, BEN, CLEO):
            await watch.until(partial(watch.flows, role.name, AUDIO, VIDEO), f"media of {role.name}")
            camera, microphone = watch.track(role.name, VIDEO), watch.track(role.name, AUDIO)
            assert camera is not None
            assert microphone is not None
            assert (camera.source, microphone.source) == (TrackSource.CAMERA, TrackSource.MICROPHONE)
            assert role.codec.upper() in watch.receiver.codecs[camera.id]
        await watch.until(lambda: watch.flows("Dora", VIDEO, stage=True), "the stage")
        stage = watch.track("Dora", VIDEO, stage=True)
        assert stage is not None
        assert stage.source is TrackSource.SCREEN_SHARE

        await studio.open("two")
        await enter(studio, "two", LATE, gateway, 1001)
        await watch.until(lambda: watch.flows("Emil", AUDIO, VIDEO), "media of who joined late")
        studio.crash("two")
        await watch.until(lambda: "Emil" not in watch.participants, "the crash")

        await studio.order("one", do="leave", name="Anna")
        await watch.until(lambda: "Anna" not in watch.participants, "a leave that Janus tells nobody")
        ben = next(r["data"]["id"] for r in studio.reports if r["name"] == "Ben" and r["kind"] == "joined")
        kick = {"request": "kick", "room": 1001, "secret": SECRET, "id": ben}
        await studio.order("one", do="ask", name="Cleo", body=kick)
        await watch.until(lambda: "Ben" not in watch.participants, "a kick")
        assert watch.participants == {"Cleo", "Dora"}
        assert {track.participant for track in watch.tracks.values()} == {"Cleo", "Dora"}
    await asyncio.sleep(1.0)  # the bot has left: nobody is told of that either
    for role in (ANNA, BEN, CLEO, STAGE, LATE):
        assert people_named_to(studio, role.name) <= {"Anna", "Ben", "Cleo", "Dora", "Emil"}
        assert unnamed_to(studio, role.name) == []


async def test_publishers_change_what_they_send(studio: Studio, gateway: Gateway) -> None:
    """Unpublish, publish, an m-line stopped and started again, a stage added to a running connection."""
    await studio.open("one")
    await enter(studio, "one", ANNA, gateway, 1007)
    settings = JanusSettings(probe_interval_ns=1_000_000_000)
    async with Watch.of(gateway.url, 1007, settings) as watch:
        await watch.until(lambda: watch.flows("Anna", AUDIO, VIDEO), "media")
        await studio.order("one", do="unpublish", name="Anna")
        await watch.until(lambda: not watch.tracks, "unpublish")
        assert watch.participants == {"Anna"}
        await studio.order("one", do="publish", name="Anna")
        await watch.until(lambda: watch.flows("Anna", AUDIO, VIDEO), "media published again")

        await studio.order("one", do="stop_audio", name="Anna")
        await watch.until(lambda: watch.track("Anna", AUDIO) is None, "the stopped m-line")
        await studio.order("one", do="start_audio", name="Anna")
        await watch.until(lambda: watch.flows("Anna", AUDIO), "the m-line that was started again")

        shared = STAGE.order(gateway, 1007) | {"do": "add_stage", "name": "Anna", "width": 640, "height": 360}
        await studio.order("one", **shared)
        await watch.until(lambda: watch.flows("Anna", VIDEO, stage=True), "the added stage")
        camera = watch.track("Anna", VIDEO)
        assert camera is not None
        await watch.until(lambda: time.monotonic() - watch.receiver.last[camera.id] < 1, "the camera going on")


async def test_one_bad_stream_harms_nobody(studio: Studio, gateway: Gateway) -> None:
    """A stream that Janus could not agree on (H264 wanted, VP8 offered) makes it silent about all that is asked
    together with it; the others still arrive, also in a bot that joins then."""
    await studio.open("one")
    await enter(studio, "one", BEN, gateway, 1008)
    async with Watch.of(gateway.url, 1008) as early:
        await early.until(lambda: early.flows("Ben", AUDIO, VIDEO), "media of Ben")
        await studio.order("one", **(STAGE.order(gateway, 1008) | {"do": "add_stage", "name": "Ben"}))
        await enter(studio, "one", ANNA, gateway, 1008)
        await early.until(lambda: early.flows("Anna", AUDIO, VIDEO), "media of Anna")
        async with Watch.of(gateway.url, 1008) as late:
            await late.until(lambda: late.flows("Ben", AUDIO, VIDEO), "Ben, for who joined after")
            await late.until(lambda: late.flows("Anna", AUDIO, VIDEO), "Anna, for who joined after")
        ben = early.track("Ben", VIDEO)
        assert ben is not None
        await early.until(lambda: time.monotonic() - early.receiver.last[ben.id] < 1, "Ben going on")


@pytest.mark.parametrize("seen", [True, False])
async def test_same_id_again_at_once(seen: bool, studio: Studio, gateway: Gateway) -> None:
    """Somebody who leaves and comes back under the old id between two looks is heard again: silence tells. Also one
    whose camera has no tile."""
    settings = JanusSettings(stall_ns=2_000_000_000, poll_interval_ns=3_000_000_000)
    await studio.open("one")
    await enter(studio, "one", ANNA, gateway, 1001, id=77)
    async with Watch.of(gateway.url, 1001, settings) as watch:
        await watch.until(lambda: watch.flows("Anna", AUDIO, VIDEO), "media")
        first = set(watch.tracks)
        camera = watch.track("Anna", VIDEO)
        assert camera is not None
        if not seen:
            watch.client.request_layer(camera.id, None)
        await studio.order("one", do="leave", name="Anna")
        await enter(studio, "one", ANNA, gateway, 1001, id=77)
        await watch.until(lambda: first.isdisjoint(watch.tracks), "new tracks")
        await watch.until(lambda: watch.flows("Anna", AUDIO, VIDEO), "media of the second life")


async def test_layers_follow_the_tile(studio: Studio, gateway: Gateway) -> None:
    """A simulcast camera costs less in a small tile, nothing when it is not shown, and comes back."""
    await studio.open("one")
    await enter(studio, "one", ANNA, gateway, 1001, rids=True, width=1280, height=720)
    async with Watch.of(gateway.url, 1001) as watch:
        await watch.until(lambda: watch.flows("Anna", AUDIO, VIDEO), "media")
        camera = watch.track("Anna", VIDEO)
        assert camera is not None
        packets = watch.receiver.packets

        async def rate(seconds: float = 2.0) -> float:
            before = packets[camera.id]
            await asyncio.sleep(seconds)
            return (packets[camera.id] - before) / seconds

        for _ in range(100):
            watch.client.request_layer(camera.id, Layer(160, 90))
            watch.client.request_layer(camera.id, None)
        await asyncio.sleep(1.0)
        assert await rate() == 0
        assert len(watch.receiver.open_connections) == 1
        for tile, width in ((Layer(300, 170), 320), (Layer(600, 340), 640), (Layer(1800, 1000), 1280)):
            watch.client.request_layer(camera.id, tile)
            await watch.until(partial(watch.has_width, camera, width), f"the layer of {width}")


async def test_what_nobody_wants_is_not_taken_for_stalled(studio: Studio, gateway: Gateway) -> None:
    """A stage that nobody sees sends nothing, for long."""
    settings = JanusSettings(stage_stall_ns=2_000_000_000)
    await studio.open("one")
    await enter(studio, "one", STAGE, gateway, 1001)
    async with Watch.of(gateway.url, 1001, settings) as watch:
        await watch.until(lambda: watch.flows("Dora", VIDEO, stage=True), "the stage")
        stage = watch.track("Dora", VIDEO, stage=True)
        assert stage is not None
        watch.client.request_layer(stage.id, None)
        await asyncio.sleep(1.0)
        before = watch.receiver.packets[stage.id]
        await asyncio.sleep(5.0)
        assert watch.receiver.packets[stage.id] == before
        assert stage.id in watch.tracks


async def test_private_ids_are_found_out_at_a_publisher(studio: Studio, gateway: Gateway) -> None:
    """An unlisted room does not say that it wants a private id, but its first publisher shows it."""
    await studio.open("one")
    await enter(studio, "one", ANNA, gateway, 1005)
    with pytest.raises(Refused, match="require_pvtid"):
        await JanusClient(gateway.url, "1005", receiver=PacketCount(), peer=PeerSettings()).join()


@pytest.mark.parametrize(("full_trickle", "ice_lite"), [(False, False), (True, True)])
async def test_other_kinds_of_ice(
    studio: Studio, space: Namespace, tmp_path: Path, *, full_trickle: bool, ice_lite: bool
) -> None:
    """Candidates in the offer, or one by one from a server that never checks: media comes in both."""
    folder = tmp_path / "janus"
    folder.mkdir()
    gateway = Gateway(space, folder, full_trickle=full_trickle, ice_lite=ice_lite, port=8288)
    gateway.start()
    try:
        await studio.open("one")
        await enter(studio, "one", ANNA, gateway, 1001)
        async with Watch.of(gateway.url, 1001) as watch:
            await watch.until(lambda: watch.flows("Anna", AUDIO, VIDEO), "media")
    finally:
        gateway.stop()
