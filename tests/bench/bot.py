"""The whole bot in real time: a generated room with a scene's publications, recorded over WebRTC by the real command.

`./scripts/bench bot [--scene S3] [--seconds 20] [--json]`. The room is generated on the same machine and so takes some
of it: its processor time is shown beside the bot's. With `--seconds 3600` a line a minute shows whether memory stays
flat, and that of S3 goes onto the page of results.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import uvloop

from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.plan import Plan
from signaling.rehearsal.room import RehearsalRoom
from tests.bench.scenes import SCENES, Sending
from tests.end_to_end.bot_process import BotProcess
from tests.figures import note
from tests.results import update

GRAIN = 6  # steps of luma: as much as takes the bitrate that a person needs
SETTLED_S = 5  # joining and the first keyframes are not the work of a recording
PATIENCE_S = 60
MINUTE_S = 60
HOUR_S = 3600
MOST_MB = 500
FLAT_MB = 25  # a twentieth of that


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """One recording. Processor time in seconds a second, sizes in MB."""

    scene: str
    seconds: float
    cpu: float
    room_cpu: float
    ticks_repeated: int
    worst_lag_ms: float
    worst_effort: int  # once it has settled
    reduced_s: float
    frames_lost: int
    memory_peak_mb: float
    memory_mb: tuple[float, ...]  # by minute, the first one when it has settled


def plan_of(scene: str) -> Plan:
    """Everybody has a microphone; the stage has none."""
    sendings = SCENES[scene].sendings
    cameras = [_encoding(one) for one in sendings if not one.stage for _ in range(one.count)]
    stage = next((_encoding(one) for one in sendings if one.stage), None)
    return steady_plan(cameras, stage=stage)


def _encoding(sending: Sending) -> VideoEncoding:
    return VideoEncoding(
        VideoCodec.VP8, sending.width, sending.height, sending.fps, sending.kbps, 0 if sending.stage else GRAIN
    )


@dataclass(slots=True)
class _Watched:
    """A bot while it records."""

    process: psutil.Process
    memory_mb: list[float]
    peak_mb: float = 0.0
    cpu_s: float = 0.0
    room_cpu_s: float = 0.0

    async def look(self, seconds: float) -> None:
        await asyncio.sleep(SETTLED_S)
        before, room_before = self._cpu(), _own_cpu()
        began_s = time.monotonic()
        end_s = began_s + int(seconds) - SETTLED_S
        minute = 0
        while (now_s := time.monotonic()) < end_s:  # by the clock: on a busy machine a second's sleep takes longer
            resident = self.process.memory_info().rss / 1e6
            self.peak_mb = max(self.peak_mb, resident)
            if now_s - began_s >= minute * MINUTE_S:
                self.memory_mb.append(round(resident, 1))
                sys.stderr.write(f"{minute:4d} min  {resident:6.1f} MB\n" if seconds > MINUTE_S else "")
                minute += 1
            await asyncio.sleep(1)
        measured_s = time.monotonic() - began_s
        self.cpu_s = (self._cpu() - before) / measured_s
        self.room_cpu_s = (_own_cpu() - room_before) / measured_s

    def _cpu(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


def _own_cpu() -> float:
    times = psutil.Process().cpu_times()
    return float(times.user + times.system)


async def record_live(scene: str, seconds: float, output: Path) -> tuple[Live, BotProcess]:
    """Raises AssertionError for a recording that failed."""
    async with RehearsalRoom(plan_of(scene)) as room:
        # Two seconds more than are watched, so that the process is there to the end of it.
        bot = await BotProcess.start(room.url, output, "--max-duration", f"{seconds + 2}s")
        ending = asyncio.create_task(bot.wait(seconds + PATIENCE_S))
        await asyncio.wait_for(room.started.wait(), PATIENCE_S)
        watched = _Watched(psutil.Process(bot.process.pid), [])
        await watched.look(seconds)
        assert await ending == 0, bot.errors
    finished = bot.events("finished")[0]
    settled = [event for event in bot.events("progress") if event["time_s"] > SETTLED_S]
    live = Live(
        scene=scene,
        seconds=round(finished["duration_s"], 1),
        cpu=round(watched.cpu_s, 3),
        room_cpu=round(watched.room_cpu_s, 3),
        ticks_repeated=finished["load"]["pictures_repeated"],
        worst_lag_ms=max((event["lag_ms"] for event in settled), default=0.0),
        worst_effort=max((event["effort"] for event in settled), default=0),
        reduced_s=finished["load"]["reduced_s"],
        frames_lost=sum(track.get("unrecoverable", 0) for track in finished["tracks"]),
        memory_peak_mb=round(watched.peak_mb, 1),
        memory_mb=tuple(watched.memory_mb),
    )
    return live, bot


def note_memory(live: Live) -> None:
    """Of an hour, onto the page of results. Medians of ten minutes, which a single burst of work does not move; the
    first ten are those in which every buffer and every pool finds its size."""
    first, last = (statistics.median(part) for part in (live.memory_mb[10:20], live.memory_mb[-10:]))
    rate = os.environ.get("ROOMREEL_FPS", "30")
    measured = (
        f"{live.seconds / 60:.0f} min at {rate} fps: {live.memory_mb[0]:.0f} MB at first, {first:.0f} MB after a"
        f" quarter of an hour, {last:.0f} MB in the last ten minutes, {live.memory_peak_mb:.0f} MB at most;"
        f" {live.cpu:.2f} core"
    )
    if live.reduced_s >= MINUTE_S:  # a machine with others on it
        measured += f"; quality gave way for {live.reduced_s / 60:.0f} min, {live.ticks_repeated} pictures repeated"
    met = live.memory_peak_mb < MOST_MB and last - first < FLAT_MB
    note(4, f"memory of a whole bot in {live.scene}", "under 500 MB and flat over an hour", measured, met=met, order=8)
    update(4)


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench bot")
    parser.add_argument("--scene", choices=tuple(SCENES), help="only this one")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    measured: dict[str, dict[str, Any]] = {}
    for scene in [options.scene] if options.scene else SCENES:
        with tempfile.TemporaryDirectory() as folder:
            live, _ = uvloop.run(record_live(scene, options.seconds, Path(folder)))
        measured[scene] = asdict(live)
        if scene == "S3" and options.seconds >= HOUR_S:
            note_memory(live)
        sys.stdout.write(
            f"{scene}  {live.cpu:.2f} core (room {live.room_cpu:.2f})  {live.ticks_repeated} pictures repeated  "
            f"worst lag {live.worst_lag_ms:.0f} ms  reduced {live.reduced_s:.1f} s  {live.memory_peak_mb:.0f} MB\n"
        )
        sys.stdout.flush()
    if options.json:
        sys.stdout.write(json.dumps({"scenes": measured}) + "\n")


if __name__ == "__main__":
    main()
