"""Records a generated room by the real command, over a bad network where its settings say so, and reads the file."""

import asyncio
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.plan import Plan
from signaling.rehearsal.rhythm import SECOND_NS
from signaling.rehearsal.room import RehearsalRoom
from signaling.rehearsal.settings import RehearsalSettings
from tests.end_to_end.bot_process import BotProcess
from tests.end_to_end.screening import Screening

MS = 1_000_000
TICK_NS = SECOND_NS // 30
SMALL = {"ROOMREEL_WIDTH": "640", "ROOMREEL_HEIGHT": "360", "ROOMREEL_PRESET": "ultrafast"}
# Every frame lasts two pictures of the file, so that each can be told from its neighbours; about four packets a frame.
CAMERA = VideoEncoding(VideoCodec.VP8, 320, 180, 15, 400, grain=10)
H264_CAMERA = VideoEncoding(VideoCodec.H264, 320, 180, 15, 400, grain=10)

ATTEMPTS = 3
# A mixer that is so far behind repeats pictures: that says nothing of the network.
STARVED_LAG_MS = 400

During = Callable[[RehearsalRoom, BotProcess], Awaitable[None]]


@dataclass(frozen=True)
class Rehearsed:
    """A recording that succeeded, and the room it is of."""

    bot: BotProcess
    room: RehearsalRoom
    screening: Screening

    @property
    def last_progress(self) -> dict[str, float]:
        return self.bot.events("progress")[-1]

    def room_ns(self, file_ns: int) -> int:
        return file_ns + self.screening.origin_ns


async def rehearse(
    plan: Plan,
    output: Path,
    seconds: float,
    settings: RehearsalSettings | None = None,
    during: During | None = None,
    **environment: str,
) -> Rehearsed:
    """The bot records for so many seconds; `during` runs beside it from the moment it is in the room.

    When the machine was too busy for the room to keep its times or for the mix to keep up, it is done again: such a
    recording tells of the machine. After the last attempt that fails the test.
    """
    for attempt in range(ATTEMPTS):
        recorded = await _rehearse(plan, output / str(attempt), seconds, settings, during, SMALL | environment)
        late, lag_ms = recorded.room.clockwork.late, max(one["lag_ms"] for one in recorded.bot.events("progress"))
        if not late and lag_ms < STARVED_LAG_MS:
            return recorded
        warnings.warn(f"this machine is too busy: {late} times late, {lag_ms:.0f} ms behind", stacklevel=2)
    raise AssertionError(f"this machine was too busy {ATTEMPTS} times to tell anything of the network")


async def _rehearse(
    plan: Plan,
    output: Path,
    seconds: float,
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
    return Rehearsed(bot, room, Screening(bot.path, plan))
