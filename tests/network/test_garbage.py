"""Garbage from outside and from within, against a bot that records two innocent publishers."""

import asyncio
from collections import Counter
from pathlib import Path

import psutil
import pytest
import uvloop

from signaling.rehearsal.encoding import SoundCodec, SoundEncoding, VideoCodec, VideoEncoding
from signaling.rehearsal.plan import ParticipantPlan, Plan, PublicationPlan
from signaling.rehearsal.rhythm import SECOND_NS
from signaling.rehearsal.room import RehearsalRoom
from signaling.rehearsal.settings import Connections, RehearsalSettings
from tests.end_to_end.bot_process import BotProcess
from tests.figures import note
from tests.network.counting import TAIL_NS, count_frames, longest_silence_ns
from tests.network.rehearsed import CAMERA, H264_CAMERA, MS, rehearse
from tests.network.sabotage import Insider, Outsider

pytestmark = [pytest.mark.long, pytest.mark.paced]

SECONDS = 24
CALM_S, ATTACK_S = 4, 12
AFTERMATH_S = 1  # noise at full scale makes the limiter turn everybody down, and up again
INNOCENT = (1, 2)
HOSTILE = {
    "vp8": (VideoCodec.VP8, SoundEncoding()),
    "vp9": (VideoCodec.VP9, SoundEncoding(redundancy=1)),
    "h264": (VideoCodec.H264, SoundEncoding(SoundCodec.PCMU)),
    "av1": (VideoCodec.AV1, SoundEncoding(SoundCodec.G722)),
}
GROWTH_BYTES = 60 << 20  # decoders and buffers of four more senders


def _plan() -> Plan:
    good = [
        ParticipantPlan(f"good{n}", f"Good {n}", (PublicationPlan("camera", n, (camera,), SoundEncoding()),))
        for n, camera in zip(INNOCENT, (CAMERA, H264_CAMERA), strict=True)
    ]
    bad = [
        ParticipantPlan(name, name, (PublicationPlan("camera", n, (VideoEncoding(codec, 320, 180, 15, 200),), sound),))
        for n, (name, (codec, sound)) in enumerate(HOSTILE.items(), 3)
    ]
    return Plan((*good, *bad))


def test_garbage(tmp_path: Path) -> None:
    """Nothing of it ends the bot or costs the innocent a single frame, and when it is over everybody is heard."""
    sent: Counter[str] = Counter()
    memory: list[int] = []

    async def attack(room: RehearsalRoom, bot: BotProcess) -> None:
        await asyncio.sleep(CALM_S)
        process = psutil.Process(bot.process.pid)
        memory.append(process.memory_info().rss)
        (attendee,) = room.attendees
        outsider, insider = Outsider(bot.process.pid, 81), Insider(attendee, tuple(HOSTILE), 82)
        assert outsider.targets
        await asyncio.gather(outsider.attack(ATTACK_S, 100), insider.attack(ATTACK_S, 200))
        sent.update({f"outside: {name}": count for name, count in outsider.sent.items()})
        sent.update(insider.sent)
        await asyncio.sleep(1)
        memory.append(process.memory_info().rss)

    settings = RehearsalSettings(connections=Connections.ONE)
    recorded = uvloop.run(rehearse(_plan(), tmp_path, SECONDS, settings, attack, ROOMREEL_HEIGHT="480"))
    screening = recorded.screening
    frames = count_frames(screening, 1, CAMERA.fps) + count_frames(screening, 2, CAMERA.fps)
    silence_ms = max(longest_silence_ns(screening, number) for number in INNOCENT) / MS
    calm_ns = (CALM_S + ATTACK_S + AFTERMATH_S) * SECOND_NS
    end_ns = screening.hearing.duration_ns - TAIL_NS
    afterwards = [dip for number in INNOCENT for dip in screening.hearing.dips(number, calm_ns, end_ns)]
    broken = sum(screening.broken(number) for number in INNOCENT)
    grown = memory[-1] - memory[-2]
    finished = recorded.bot.events("finished")[0]
    met = frames.share == 1.0 and not broken and not afterwards and finished["rejoins"] == 0 and grown <= GROWTH_BYTES
    note(
        3,
        "garbage: random bytes, truncated and bit-flipped RTP/RTCP, absurd jumps, 1,000 unknown SSRCs, 65 kB, "
        "corrupt frames to every decoder",
        "no exception escapes, no unbounded buffer, the other publishers' pictures untouched",
        f"{sent.total()} packets of garbage of {len(sent)} kinds in {ATTACK_S} s; of the others' frames "
        f"{frames.shown} of {frames.sent} shown, {broken} broken, their voices at most {silence_ms:.0f} ms "
        f"below half of their level; memory "
        f"{grown / 2**20:+.0f} MiB",
        met=met,
        order=8,
    )
    assert sent["unknown SSRC"] > 200
    assert sent["corrupt frame"] > 500
    assert met, (frames, broken, afterwards, silence_ms, finished, memory)
    assert recorded.bot.errors.count('"level": "error"') == 0, recorded.bot.errors
