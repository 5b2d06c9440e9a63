"""A generated room in which things go wrong, recorded by a real bot: its certificate tells what happened."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvloop

from bot.library.companions.making import CERTIFICATE_FILE, EVENTS_FILE, make_companions
from bot.lifecycle import State
from bot.report import REPORT_FILE
from signaling.model import TrackKind
from signaling.rehearsal.encoding import SoundEncoding, VideoCodec, VideoEncoding
from signaling.rehearsal.mishap import Mishaps
from signaling.rehearsal.plan import Mute, ParticipantPlan, Plan, PublicationPlan, Publish, Unmute, Unpublish
from signaling.rehearsal.room import RehearsalRoom
from signaling.rehearsal.settings import RehearsalSettings
from tests.bot.worker_process import until, working, write_order
from tests.certificate.certificate_page import CertificatePage, covers

S = 1_000_000_000
CAMERA = VideoEncoding(VideoCodec.VP8, 320, 180, 15, 300)
MUTED, UNMUTED = 2 * S, 4 * S
STAGED, UNSTAGED = 3 * S // 2, 9 * S // 2
OUTAGE_NS = 3 * S // 2
# Since the relay's start, seconds before the room's, which waits for the bot. The later one is for a machine so busy
# that the bot comes too late for the other.
DOWN_AT = (13 * S, 26 * S)
NEAR_S = 0.7
PLAN = Plan(
    (
        ParticipantPlan(
            "ann",
            "Ann <i>&amp;",
            (
                PublicationPlan("camera", 1, (CAMERA,), SoundEncoding()),
                PublicationPlan("screen", 2, (CAMERA,), stage=True),
            ),
        ),
        ParticipantPlan("ben", "Ben", (PublicationPlan("camera", 3, (CAMERA,), SoundEncoding()),)),
    ),
    (
        Publish(STAGED, "ann", "screen"),
        Mute(MUTED, "ben", "camera", TrackKind.AUDIO),
        Unpublish(UNSTAGED, "ann", "screen"),
        Unmute(UNMUTED, "ben", "camera", TrackKind.AUDIO),
    ),
    title="Losses </title>",
)


@dataclass(frozen=True)
class Recorded:
    """Times are seconds of the file, give or take the time that asking for one takes."""

    folder: Path
    file: Path
    began_s: float  # in the room's time
    down_s: tuple[float, float]

    @property
    def is_telling(self) -> bool:
        """Everything else was over when the outage came."""
        return self.down_s[0] > UNMUTED / S - self.began_s + 2 * NEAR_S


async def _record(library: Path, down_at_ns: int) -> Recorded:
    down = (down_at_ns, down_at_ns + OUTAGE_NS)
    mishaps = Mishaps(loss=0.02, burst=2, delay_ns=10_000_000, down=(down,), spare_ns=2 * S)
    async with RehearsalRoom(PLAN, RehearsalSettings(mishaps=mishaps)) as room:
        order = write_order(library, room.url)
        async with working(order.folder) as (bot, link):
            begun = await until(link, lambda status: status.state is State.RECORDING)
            began_s = room.now_ns() / S - begun.time_s
            assert room.relay is not None
            assert room.relay.origin_ns is not None
            assert room.origin_ns is not None
            late_s = (room.relay.origin_ns - room.origin_ns) / S
            await asyncio.sleep(max(0.0, (down[1] + 2 * S - room.now_ns()) / S + late_s))
            await link.pause()
            await asyncio.sleep(1.5)
            await link.resume()
            await asyncio.sleep(1)
            await link.stop()
            assert await bot.ended() == 0
        last = bot.last_words
    assert last.path is not None
    down_s = (down[0] / S + late_s - began_s, down[1] / S + late_s - began_s)
    return Recorded(order.folder, Path(last.path), began_s, down_s)


def _recordings(library: Path) -> Iterator[Recorded]:
    for down_at_ns in DOWN_AT:
        yield uvloop.run(_record(library / str(down_at_ns), down_at_ns))


@pytest.mark.long
def test_certificate_tells_what_happened(tmp_path: Path) -> None:
    """Mute, stage, outage, losses and a pause are where they were; the page's sums are those of events and report."""
    recorded = next((one for one in _recordings(tmp_path) if one.is_telling), None)
    assert recorded is not None, "the bot came too late to tell anything"
    folder = recorded.folder
    problems = make_companions(folder, recorded.file)
    assert not [problem for problem in problems if CERTIFICATE_FILE in problem]
    page = CertificatePage((folder / CERTIFICATE_FILE).read_text())
    events: dict[str, Any] = json.loads((folder / EVENTS_FILE).read_text())
    report: dict[str, Any] = json.loads((folder / REPORT_FILE).read_text())
    duration_s = float(events["duration_s"])
    rows = page.rows()

    def at(room_ns: int) -> float:
        """Share of the picture's width."""
        return (room_ns / S - recorded.began_s) / duration_s

    near = NEAR_S / duration_s
    sound, stage = page.lines(rows["Ben"], "mi"), page.lines(rows["Stage"], "block")
    assert covers(sound, at(MUTED) / 2, at(MUTED) / 2)
    assert not covers(sound, at(MUTED) + near, at(UNMUTED) - near)
    assert covers(sound, at(UNMUTED) + near, recorded.down_s[0] / duration_s)
    assert covers(stage, at(STAGED) + near, at(UNSTAGED) - near)
    assert not covers(stage, at(UNSTAGED) + near, at(UNSTAGED) + near)
    for who in ("Ann <i>&amp;", "Ben"):
        middle = sum(recorded.down_s) / 2 / duration_s
        assert covers(page.lines(rows[who], "fr"), middle, middle), who
        assert covers(page.lines(rows[who], "mu"), middle, middle), who

    assert not page.words.startswith("Everything that was sent")
    lost = sum(track["lost"] for track in report["tracks"])
    assert lost > 0
    assert f"{lost:,} were lost at first" in page.figure("Packets that never arrived")
    gone = sum(track["unrecoverable"] for track in report["tracks"])
    assert page.figure("Packets that never arrived").startswith(f"{gone:,}:")
    assert page.figure("Left out by pauses").endswith(": 1 pause")
    assert page.figure("Known").startswith("to the end")
    assert page.figure("Nobody recorded").startswith("0 s")
    assert "Failed: " not in page.words
