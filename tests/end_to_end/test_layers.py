"""The quality that is asked of the SFU follows the tile that shows it."""

from pathlib import Path

import pytest

from signaling.model import Role
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.plan import Close, ParticipantPlan, Plan, PublicationPlan, Unpublish
from signaling.rehearsal.reader import Viewing, read_marks
from signaling.rehearsal.room import RehearsalRoom
from tests.end_to_end.bot_process import BotProcess

SECOND_NS = 1_000_000_000
LARGE = VideoEncoding(VideoCodec.VP8, 640, 360, 30, 500)
SMALL = VideoEncoding(VideoCodec.VP8, 320, 180, 30, 150)
SLIDES = VideoEncoding(VideoCodec.VP8, 1024, 576, 5, 800)
CAMERA, STAGE = 1, 2  # publication numbers
LARGE_LAYER, SMALL_LAYER = 1, 2

PLAN = Plan(
    (
        ParticipantPlan("ada", "Ada", (PublicationPlan("camera", CAMERA, (LARGE, SMALL)),), role=Role.HOST),
        ParticipantPlan("ben", "Ben", (PublicationPlan("stage", STAGE, (SLIDES,), stage=True),)),
    ),
    (Unpublish(6 * SECOND_NS, "ben", "stage"), Close(13 * SECOND_NS)),
)


def _layers(viewing: Viewing, from_s: float, to_s: float) -> set[int]:
    seen = viewing.shown(CAMERA, int(from_s * SECOND_NS), int(to_s * SECOND_NS))
    assert seen
    return {one.mark.layer for one in seen}


@pytest.mark.long
@pytest.mark.paced
async def test_a_small_tile_gets_a_small_layer(tmp_path: Path) -> None:
    """Beside a stage a camera comes small; alone it comes large. It is never gone in between, and never broken."""
    async with RehearsalRoom(PLAN) as room:
        bot = await BotProcess.start(room.url, tmp_path, ROOMREEL_WIDTH="1280", ROOMREEL_HEIGHT="720")
        assert await bot.wait() == 0, bot.errors
    viewing = read_marks(bot.path)
    assert _layers(viewing, 3.5, 5.5) == {SMALL_LAYER}
    # The stage's place is kept for 1.5 s, and a larger layer is asked for when the larger tile has lasted.
    assert _layers(viewing, 10.5, 12.5) == {LARGE_LAYER}
    assert viewing.broken == 0
    # A layer begins with a keyframe, and the old one goes on until it is there.
    assert all(end - start < SECOND_NS for start, end in viewing.freezes(CAMERA, 30))
