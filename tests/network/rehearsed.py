"""Records a generated room by the real command, over a bad network where its settings say so, and reads the file."""

import asyncio
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.likeness import BROKEN_ABOVE
from signaling.rehearsal.performer import picture_requests
from signaling.rehearsal.plan import Plan
from signaling.rehearsal.reader import Viewing, read_marks
from signaling.rehearsal.rhythm import SECOND_NS
from signaling.rehearsal.room import RehearsalRoom
from signaling.rehearsal.settings import RehearsalSettings
from tests.end_to_end.bot_process import ATTEMPTS, REST_S, STARVED_MS, BotProcess, starved_ms
from tests.end_to_end.screening import Screening
from tests.turns import be_alone

MS = 1_000_000
TICK_NS = SECOND_NS // 30
SMALL = {
    "ROOMREEL_WIDTH": "640",
    "ROOMREEL_HEIGHT": "360",
    "ROOMREEL_PRESET": "ultrafast",
    "ROOMREEL_TRANSITION_MS": "0",  # marks that pass over each other cannot be read
}
# Every frame lasts two pictures of the file, so that each can be told from its neighbours; about four packets a frame.
CAMERA = VideoEncoding(VideoCodec.VP8, 320, 180, 15, 400, grain=10)
H264_CAMERA = VideoEncoding(VideoCodec.H264, 320, 180, 15, 400, grain=10)

During = Callable[[RehearsalRoom, BotProcess], Awaitable[None]]


class Compared(Screening):
    """Every picture is held against what was drawn, too: `viewing.broken` counts damage beside the marks."""

    @cached_property
    def viewing(self) -> Viewing:
        scenes = {
            shown.number: [request.scene for request in picture_requests(shown, shown.stage, shown.video)]
            for _, shown in self.publications
            if shown.video
        }
        return read_marks(self.path, scenes=scenes)

    def broken(self, publication: int) -> int:
        """Pictures of this publication that do not look as they were drawn."""
        return sum(
            apart > BROKEN_ABOVE
            for picture in self.viewing.pictures
            for mark, apart in zip(picture.marks, picture.differences, strict=True)
            if mark.publication == publication
        )


@dataclass(frozen=True)
class Rehearsed:
    """A recording that succeeded, and the room it is of."""

    bot: BotProcess
    room: RehearsalRoom
    screening: Compared

    @property
    def last_progress(self) -> dict[str, float]:
        return self.bot.events("progress")[-1]


async def rehearse(
    plan: Plan,
    output: Path,
    seconds: float,
    settings: RehearsalSettings | None = None,
    during: During | None = None,
    *,
    full_quality: bool = False,
    **environment: str,
) -> Rehearsed:
    """The bot records for so many seconds; `during` runs beside it from the moment it is in the room.

    When the machine was too busy for the room to keep its times, for the mix to keep up, or for `full_quality` where
    that is asked for (cameras that give way lose frames), it is done again, with no other test beside it: such a
    recording tells of the machine. After the last attempt that fails the test.
    """
    for attempt in range(ATTEMPTS):
        recorded = await _rehearse(
            plan, output / str(attempt), seconds, settings=settings, during=during, environment=SMALL | environment
        )
        late_ms, steps = starved_ms(recorded.room, recorded.bot), _steps(recorded.bot)
        if late_ms < STARVED_MS and not (full_quality and steps):
            return recorded
        warnings.warn(f"machine too busy: {late_ms:.0f} ms late, {steps} steps of quality", stacklevel=2)
        await asyncio.to_thread(be_alone)
        await asyncio.sleep(REST_S)
    raise AssertionError(f"this machine was too busy {ATTEMPTS} times to tell anything of the network")


def _steps(bot: BotProcess) -> int:
    """How often quality gave way."""
    return sum(len(event["load"]["steps"]) + event["load"]["steps_left_out"] for event in bot.events("finished"))


async def _rehearse(
    plan: Plan,
    output: Path,
    seconds: float,
    *,
    settings: RehearsalSettings | None,
    during: During | None,
    environment: dict[str, str],
) -> Rehearsed:
    async with RehearsalRoom(plan, settings) as room:
        bot = await BotProcess.start(room.url, output, "--max-duration", f"{seconds}s", **environment)
        ending = asyncio.create_task(bot.wait(seconds + 45))
        if during is not None:
            await asyncio.wait_for(room.started.wait(), 30)
            await during(room, bot)
        assert await ending == 0, bot.errors
    assert "Traceback" not in bot.errors, bot.errors
    return Rehearsed(bot, room, Compared(bot.path, plan))
