"""A room in which much happens, recorded by two bots, of which the first is killed: events.json says what the plan did.

The second bot may be long in coming on a busy machine, so nothing is planned for what it records."""

import asyncio
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.control.status import Status
from bot.lifecycle import EndReason, State
from bot.recording import Order
from signaling.model import Role, TrackKind
from signaling.rehearsal.encoding import SoundEncoding, VideoCodec, VideoEncoding
from signaling.rehearsal.mishap import Mishaps
from signaling.rehearsal.plan import (
    Crash,
    Join,
    Leave,
    Mute,
    ParticipantPlan,
    Plan,
    PublicationPlan,
    Publish,
    Unmute,
    Unpublish,
)
from signaling.rehearsal.room import RehearsalRoom
from signaling.rehearsal.settings import RehearsalSettings
from tests.bot.worker_process import WorkerProcess, until, working, write_order

S = 1_000_000_000
# The room tells what happens when the machine gets round to it; the bot looks ten times a second. A camera that stands
# is frozen half a second after its last picture at the latest, but from that picture on.
NEAR_S = 0.8
CAMERA = VideoEncoding(VideoCodec.VP8, 320, 180, 15, 150)
SCREEN = VideoEncoding(VideoCodec.VP8, 640, 360, 5, 300)
AUDIBLE, WHISPER = SoundEncoding(), SoundEncoding(level=0.02)  # -29 dBFS, and far below what counts as speech


def sitting(identity: str, number: int, sound: SoundEncoding, role: Role = Role.PARTICIPANT) -> ParticipantPlan:
    return ParticipantPlan(
        identity, identity.title(), (PublicationPlan("camera", number, (CAMERA,), sound),), role=role
    )


PLAN = Plan(
    (
        sitting("ann", 1, AUDIBLE, Role.HOST),
        sitting("ben", 2, WHISPER),
        ParticipantPlan("cleo", "Cleo", (PublicationPlan("screen", 3, (SCREEN,), stage=True),)),
        sitting("dan", 4, AUDIBLE),
        sitting("zoe", 5, AUDIBLE),
    ),
    (
        Join(2 * S, "ben"),
        Publish(2 * S, "cleo", "screen"),
        Mute(3 * S, "ann", "camera", TrackKind.AUDIO),
        Crash(5 * S, "dan", noticed_after_ns=2 * S),
        Unmute(6 * S, "ann", "camera", TrackKind.AUDIO),
        Unpublish(9 * S, "cleo", "screen"),
        Join(900 * S, "zoe"),  # comes when the test says so
    ),
)
LOSSY = RehearsalSettings(mishaps=Mishaps(loss=0.05, burst=3, spare_ns=2 * S))


async def sleep_until(room: RehearsalRoom, room_s: float) -> None:
    await asyncio.sleep(max(0.0, room_s - room.now_ns() / S))


def values_of(folder: Path, name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / name).read_text())
    return values


def near(expected: float) -> Any:
    return pytest.approx(expected, abs=NEAR_S)


async def finished_alone(order: Order, library: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Events and report of what the bot that was killed has left, with no other bot to go on."""
    alone = replace(order, output=library / "recordings", target=library / "media")
    shutil.copytree(order.folder, alone.folder, ignore=lambda *_: {"control.sock"})
    alone.write(alone.folder)
    bot = await WorkerProcess.start(alone.folder, "--finish")
    assert await bot.ended() == 4
    assert bot.last_words.end_reason is EndReason.FAILED
    return values_of(alone.folder, "events.json"), values_of(alone.folder, "report.json")


@pytest.mark.long
async def test_what_the_plan_did_is_what_is_told(tmp_path: Path) -> None:
    """Who, with what, when; who spoke; what stood; pause and gap; nobody who was there in the pause only. After the
    kill alone as well, up to where it is known."""
    async with RehearsalRoom(PLAN, LOSSY) as room:
        order = write_order(tmp_path, room.url, title="Biology")
        async with working(order.folder) as (bot, link):
            status = await until(link, lambda status: status.state is State.RECORDING)
            assert status.anchor is not None
            assert status.anchor.footage is not None
            assert room.origin_ns is not None
            began_s = (status.anchor.footage.began_ns - room.origin_ns) / S  # file time 0, in the room
            await sleep_until(room, 10)
            await link.pause()
            paused_s = room.now_ns() / S
            await room.act(Join(0, "zoe"))
            await sleep_until(room, paused_s + 1.5)
            await room.act(Leave(0, "zoe"))
            await sleep_until(room, paused_s + 2)
            await link.resume()
            left_out_s = room.now_ns() / S - paused_s
            await sleep_until(room, paused_s + left_out_s + 2)
            await bot.kill()
        alone, alone_report = await finished_alone(order, tmp_path / "alone")
        async with working(order.folder) as (bot, link):
            await until(link, lambda status: status.part == 2 and status.tracks >= 4)
            await sleep_until(room, room.now_ns() / S + 2)
            await link.stop()
            assert await bot.ended() == 0
    told = values_of(order.folder, "events.json")
    for events in (told, alone):
        check_first_part(events, began_s, paused_s - began_s, left_out_s)
    check_both_parts(told, bot.last_words)
    assert alone["known_until_s"] == pytest.approx(alone["duration_s"], abs=3), "a line at least every second"
    assert alone_report["known_until_s"] == pytest.approx(alone["known_until_s"], abs=0.001)
    packets = {track["participant"]: track["packets"] for track in alone_report["tracks"]}
    assert packets["ann"] > 50, "the last figures that were noted"
    for kept in ("events.json", "report.json", "speakers.vtt", "journal.jsonl", "status.json"):
        assert "zoe" not in (order.folder / kept).read_text().lower(), kept


def check_first_part(events: Mapping[str, Any], began_s: float, pause_s: float, left_out_s: float) -> None:
    people = {one["identity"]: one for one in events["participants"]}
    assert set(people) == {"ann", "ben", "cleo", "dan"}
    ann, ben, cleo, dan = (people[who] for who in ("ann", "ben", "cleo", "dan"))
    assert ann["there"][0][0] == 0
    assert ann["microphone"][0][1] == near(3 - began_s)
    assert ann["microphone"][1][0] == near(6 - began_s)
    assert ann["speaking"][0][1] == near(3 - began_s)
    assert ann["speaking"][1][0] == near(6 - began_s)
    assert ben["camera"][0][0] == near(2 - began_s)
    assert ben["speaking"] == []
    assert cleo["camera"] == []
    assert dan["there"] == [[0, near(7 - began_s)]]
    # A machine so busy that it decodes a picture every other second has more that stands than what the plan did.
    stood = [min(to_s, 7 - began_s) - max(from_s, 5 - began_s) for from_s, to_s in dan["picture_frozen"]]
    assert max(stood) == near(2)
    if not events["load"]:
        assert dan["picture_frozen_s"] == near(2)
    assert len(events["stage"]) == 1
    shown = {"from_s": near(2 - began_s), "to_s": near(9 - began_s), "identity": "cleo", "kind": "screen_share"}
    assert events["stage"][0] == shown
    assert events["pauses"] == [{"at_s": near(pause_s), "left_out_s": near(left_out_s)}]
    assert sum(loss["lost"] for loss in events["losses"]) > 20
    assert sum(loss["recovered"] for loss in events["losses"]) > 20


def check_both_parts(events: Mapping[str, Any], last: Status) -> None:
    [gap] = [one for one in events["interruptions"] if one["why"] == "bot"]
    ann = next(one for one in events["participants"] if one["identity"] == "ann")
    assert ann["there"][0][1] == gap["from_s"]
    assert ann["there"][-1][0] == near(gap["to_s"])
    assert ann["there"][-1][1] == ann["speaking"][-1][1] == events["duration_s"] == last.duration_s
    assert ann["packets"] > 150, "of both parts"
    assert events["known_until_s"] == events["duration_s"]
    texts = [text for _, text in last.chapters]
    assert texts[:4] == ["Beginning", "Presentation begins", "Presentation ends", "Recording resumed"]
    assert texts[4].startswith("Interrupted for ")
