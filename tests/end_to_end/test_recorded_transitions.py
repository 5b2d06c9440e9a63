"""Changes of layout in a real recording, as they are by default: short, and nobody is lost in them."""

import asyncio
import warnings
from itertools import pairwise
from pathlib import Path

import pytest

from signaling.model import Role
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.marks import Box
from signaling.rehearsal.plan import Close, Join, Leave, ParticipantPlan, Plan, PublicationPlan, Publish, Unpublish
from signaling.rehearsal.rhythm import SECOND_NS
from signaling.rehearsal.room import RehearsalRoom
from tests.end_to_end.bot_process import ATTEMPTS, REST_S, STARVED_MS, BotProcess, starved_ms
from tests.end_to_end.screening import Screening

TICK_NS = SECOND_NS // 30
ADA, BEN, CLEO, STAGE = 1, 2, 3, 9
CHANGES = 4  # cleo comes, the stage comes, it goes, cleo goes
# A transition of 280 ms, and a tick at each end.
LONGEST_TICKS = 11
SETTLED_NS = SECOND_NS  # after the first picture: whoever is there has come

CAMERA = VideoEncoding(VideoCodec.VP8, 640, 360, 30, 500)
SHARE = VideoEncoding(VideoCodec.VP8, 1280, 720, 15, 1500)


def _plan() -> Plan:
    def camera(number: int) -> PublicationPlan:
        return PublicationPlan("camera", number, (CAMERA,))

    people = (
        ParticipantPlan("ada", "Ada", (camera(ADA), PublicationPlan("stage", STAGE, (SHARE,), stage=True)), Role.HOST),
        ParticipantPlan("ben", "Ben", (camera(BEN),)),
        ParticipantPlan("cleo", "Cleo", (camera(CLEO),)),
    )
    actions = (
        Join(4 * SECOND_NS, "cleo"),
        Publish(6 * SECOND_NS, "ada", "stage"),
        Unpublish(9 * SECOND_NS, "ada", "stage"),
        Leave(12 * SECOND_NS, "cleo"),
        Close(15 * SECOND_NS),
    )
    return Plan(people, actions)


@pytest.mark.long
@pytest.mark.alone
async def test_tiles_glide_and_nobody_is_lost(tmp_path: Path) -> None:
    """Through every change of the layout, who stays is hidden for the length of a transition at most, and moves in
    small steps; between the changes everything is at rest; the file's times are constant."""
    plan = _plan()
    for attempt in range(ATTEMPTS):
        async with RehearsalRoom(plan) as room:
            bot = await BotProcess.start(
                room.url, tmp_path / str(attempt), ROOMREEL_WIDTH="1280", ROOMREEL_HEIGHT="720", ROOMREEL_HOLD_MS="1000"
            )
            assert await bot.wait(60) == 0, bot.errors
        if (late_ms := starved_ms(room, bot)) < STARVED_MS:
            break
        warnings.warn(f"machine too busy: {late_ms:.0f} ms late", stacklevel=1)
        await asyncio.sleep(REST_S)
    screening = Screening(bot.path, plan)
    times = screening.picture_times_ns()
    assert {round((later - earlier) / TICK_NS, 3) for earlier, later in pairwise(times)} == {1.0}

    pictures = screening.viewing.pictures
    first_ns = min(screening.viewing.sightings[BEN][0].time_ns, screening.viewing.sightings[ADA][0].time_ns)
    settled = [picture for picture in pictures if picture.time_ns > first_ns + SETTLED_NS][:-15]
    for number in (ADA, BEN):
        boxes = [next((mark.box for mark in picture.marks if mark.publication == number), None) for picture in settled]
        assert _longest_gap(boxes) <= LONGEST_TICKS
        places = _places(boxes)
        assert 3 <= len(places) <= CHANGES + 1, places
        assert len({box.x for box in boxes if box is not None}) > len(places) + CHANGES  # seen on its way
    assert {mark.publication for picture in settled for mark in picture.marks} == {ADA, BEN, CLEO, STAGE}


def _longest_gap(boxes: list[Box | None]) -> int:
    longest = run = 0
    for box in boxes:
        run = run + 1 if box is None else 0
        longest = max(longest, run)
    return longest


def _places(boxes: list[Box | None]) -> list[Box]:
    """Where it rested for half a second."""
    rested: list[Box] = []
    for index in range(15, len(boxes)):
        box = boxes[index]
        lately = [one for one in boxes[index - 14 : index] if one is not None]
        at_rest = box is not None and all(abs(one.x - box.x) <= 4 and abs(one.y - box.y) <= 4 for one in lately)
        if box is not None and at_rest and not (rested and abs(rested[-1].x - box.x) + abs(rested[-1].y - box.y) <= 8):
            rested.append(box)
    return rested
