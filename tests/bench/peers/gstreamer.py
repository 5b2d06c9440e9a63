"""GStreamer's compositor and x264enc doing a scene, in the same tiles, with our settings."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.clips import Clip
from tests.bench.encoding import check_same, x264enc_properties
from tests.bench.job import FPS, Job
from tests.bench.peers.cost import cpu_of, patience_s

PROGRAM = "gst-launch-1.0"
# Free to run as fast as it can, unlike a sink that keeps time.
_SINK = "filesink sync=false location={}"


def is_installed() -> bool:
    """With what the pipeline is made of."""
    if shutil.which(PROGRAM) is None or shutil.which("gst-inspect-1.0") is None:
        return False
    elements = ("compositor", "x264enc", "vp8dec", "matroskademux", "mp4mux")
    return not any(subprocess.run(["gst-inspect-1.0", "--exists", name], check=False).returncode for name in elements)


def cost(job: Job, clips: Sequence[Clip], tiles: Sequence[Mapping[str, Any]], recording: Path) -> float:
    """CPU seconds per second of recording; what listing an element takes is not counted: start and end.
    Raises PeerError."""
    start = cpu_of([PROGRAM, "-q", "videotestsrc", "num-buffers=1", "!", "fakesink"], patience_s(0))
    whole = cpu_of(_command(job, clips, tiles, recording), patience_s(job.media_s))
    check_same(job.output, recording)
    return (whole - start) / job.media_s


def _command(job: Job, clips: Sequence[Clip], tiles: Sequence[Mapping[str, Any]], recording: Path) -> list[str]:
    places = {tile["track"]: tile for tile in tiles}
    mix = ["compositor", "name=mix", "background=black"]
    sources: list[str] = []
    for index, clip in enumerate(clips):
        place = places[clip.track]
        mix += [
            f"sink_{index}::{name}={place[key]}"
            for name, key in (("xpos", "x"), ("ypos", "y"), ("width", "width"), ("height", "height"))
        ]
        sources += ["filesrc", f"location={clip.path}", "!", "matroskademux", "!", "vp8dec", "!", "queue", "!"]
        sources += [f"mix.sink_{index}"]
    picture = f"video/x-raw,format=I420,width={job.width},height={job.height},framerate={FPS}/1"
    encoder = ["x264enc", *(f"{name}={value}" for name, value in x264enc_properties(job.output).items())]
    end = ["!", picture, "!", "queue", "!", *encoder, "!", "mp4mux", "!", *_SINK.format(recording).split()]
    return [PROGRAM, "-q", *mix, *end, *sources]
