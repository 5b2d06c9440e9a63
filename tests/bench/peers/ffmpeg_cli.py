"""The `ffmpeg` command line doing a scene: scale every input, lay them out with xstack, encode with our settings."""

import shutil
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.bench.clips import Clip
from tests.bench.encoding import check_same, x264_arguments
from tests.bench.job import FPS, Job
from tests.bench.peers.cost import cpu_of, patience_s

PROGRAM = "ffmpeg"


def is_installed() -> bool:
    return shutil.which(PROGRAM) is not None


def cost(job: Job, clips: Sequence[Clip], tiles: Sequence[Mapping[str, Any]], recording: Path) -> float:
    """CPU seconds per second of recording; what a run of one picture takes is not counted: start and end.
    Raises PeerError."""
    start = cpu_of(_command(job, clips, tiles, recording, Fraction(1, FPS)), patience_s(0))
    whole = cpu_of(_command(job, clips, tiles, recording, Fraction(job.media_s)), patience_s(job.media_s))
    check_same(job.output, recording)
    return (whole - start) / job.media_s


def _command(
    job: Job, clips: Sequence[Clip], tiles: Sequence[Mapping[str, Any]], recording: Path, seconds: Fraction
) -> list[str]:
    inputs = [part for clip in clips for part in ("-i", str(clip.path))]
    return [
        *(PROGRAM, "-nostdin", "-v", "error", "-y", *inputs),
        *("-filter_complex", _filters(job, clips, tiles), "-map", "[out]"),
        *("-t", f"{float(seconds):.6f}", "-r", str(FPS), *x264_arguments(job.output)),
        *("-movflags", "frag_keyframe+empty_moov+default_base_moof", str(recording)),
    ]


def _filters(job: Job, clips: Sequence[Clip], tiles: Sequence[Mapping[str, Any]]) -> str:
    """The same tiles, and the same kind of filter in them, as ours."""
    places = {tile["track"]: tile for tile in tiles}
    parts = []
    for index, clip in enumerate(clips):
        place = places[clip.track]
        kind = "bicubic" if clip.sending.stage else "bilinear"
        rate = "" if clip.sending.fps == FPS else f"fps={FPS},"
        parts.append(f"[{index}:v]{rate}scale={place['width']}:{place['height']}:flags={kind}[v{index}]")
    if len(clips) == 1:
        only = places[clips[0].track]
        parts.append(f"[v0]pad={job.width}:{job.height}:{only['x']}:{only['y']}:0x1f1f1f[mixed]")
    else:
        shown = "".join(f"[v{index}]" for index in range(len(clips)))
        where = "|".join(f"{places[clip.track]['x']}_{places[clip.track]['y']}" for clip in clips)
        stacked = f"xstack=inputs={len(clips)}:layout={where}:fill=0x1f1f1f"
        parts.append(f"{shown}{stacked},pad={job.width}:{job.height}:0:0:0x1f1f1f[mixed]")
    # VP8 is BT.601, and the file is BT.709, as ours: converted once, at the end, by the cheapest filter for it.
    parts.append("[mixed]colorspace=iall=bt601-6-625:all=bt709:fast=1,format=yuv420p[out]")
    return ";".join(parts)
