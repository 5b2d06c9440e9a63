"""Ours in the mixer's benchmark, in real time: the product's mixer with its threads and its clock, fed as a room would.

Microphones speak as well. CPU is user and system time of the process from the first frame to the closed file.
"""

import json
import sys
import time
from pathlib import Path

import psutil

from bot.allocator import keep_memory_together
from mixer.mixer import Mixer
from mixer.output.output import Output
from mixer.settings import MixSettings
from mixer.source import Source, SourceKind
from tests.bench.clips import clips
from tests.bench.job import Job
from tests.bench.mixing import NoRequests, feed

LEAD_S = 0.1  # between the start and the first frame


def run(job: Job, recording: Path) -> dict[str, object]:
    """The whole scene. Times in seconds or, where it says so, milliseconds; memory in bytes."""
    output = Output(recording, job.output)
    mixer = Mixer(MixSettings(width=job.width, height=job.height), output, NoRequests())
    coming = feed(job)
    for clip in clips(job.mix_scene, job.media_s, job.mix_codec):
        mixer.add(Source(clip.track, clip.track, SourceKind.VIDEO, clip.sending.stage))
    for number in range(job.microphones):
        mixer.add(Source(f"microphone{number}", f"camera{number}", SourceKind.AUDIO, stage=False))
    process = psutil.Process()
    began_s, origin_ns = time.process_time(), time.monotonic_ns() + int(LEAD_S * 1e9)
    mixer.start(origin_ns)
    memory = 0
    for frame in coming.frames:
        if (ahead_s := (origin_ns + frame.pts_ns - time.monotonic_ns()) / 1e9) > 0:
            time.sleep(ahead_s)
            memory = max(memory, process.memory_info().rss)
        mixer.push(frame)
    mixer.stop(job.media_s * 1_000_000_000)
    cpu_s = time.process_time() - began_s
    if mixer.failure is not None:
        raise mixer.failure
    stats = mixer.stats()
    return {
        "cpu_s_per_s": cpu_s / job.media_s,
        "ticks": stats.ticks,
        "ticks_late": stats.ticks_late,
        "ticks_repeated": stats.ticks_repeated,
        "worst_lag_ms": stats.worst_lag_ns / 1e6,
        "effort_steps": len(stats.steps) + stats.steps_left_out,
        "reduced_s": stats.reduced_ns / 1e9,
        "memory_mb": memory / 1e6,
    }


def main() -> None:
    print(json.dumps("ready"), flush=True)
    keep_memory_together()  # as the bot does
    print(json.dumps(run(Job.read(sys.argv[1]), Path(sys.argv[2]))), flush=True)


if __name__ == "__main__":
    main()
