"""Writes hours of recording at file speed and finalises them: as the bot does that wrote them, with its index, or as
one that comes later, without. A process of its own, for its memory.

    python -m tests.finished_file.finalise_long FOLDER HOURS bot|later [small|large]      prints a line of JSON
"""

import datetime
import json
import os
import sys
import time
from functools import cache
from pathlib import Path

import av
import numpy as np

from bot.library.finalise import finalise
from bot.library.folder import RecordingFolder
from mixer.mp4.label import Chapter, Label
from mixer.output.settings import OutputSettings
from tests.finished_file.long_media import write_long
from tests.finished_file.peak import peak_mb
from tests.output.known_media import SMALL, picture

WHEN = datetime.datetime(2026, 11, 21, 14, 5, 33, tzinfo=datetime.UTC)
SECOND = 1_000_000_000
CHAPTERS = 200  # at even distances
# What an hour in 1080p looks like: some 2 Mbps of picture and 160 kbps of sound.
LARGE = OutputSettings(title="Hours", created_s=1_795_000_000)
LARGE_GROUPS = 6


def label(hours: float) -> Label:
    every_ns = round(hours * 3600 / CHAPTERS * SECOND)
    return Label("Hours", int(WHEN.timestamp()), tuple(Chapter(n * every_ns, f"Chapter {n}") for n in range(CHAPTERS)))


@cache
def _noise() -> np.ndarray:
    return np.random.default_rng(6).integers(90, 130, (LARGE.height, LARGE.width), np.uint8)


def _busy(group: int) -> av.VideoFrame:
    """The bars of known media over a plain area; beside them a patch of noise that is another in each group."""
    small = picture(group * 32).to_ndarray()
    planes = np.full((LARGE.height * 3 // 2, LARGE.width), 128, np.uint8)
    planes[: LARGE.height] = np.kron(small[: SMALL.height], np.ones((6, 6), np.uint8))
    side = 300
    planes[40 : 40 + side, 40 : 40 + LARGE.width // 2] = np.roll(_noise(), group * 77, axis=1)[
        :side, : LARGE.width // 2
    ]
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def main(output: Path, hours: float, index_of: str, size: str = "small") -> None:
    folder = RecordingFolder.create(output, "r1", least_free_bytes=0)
    began_s = time.perf_counter()
    if size == "large":
        index = write_long(folder.part(1), hours, settings=LARGE, groups=LARGE_GROUPS, shows=_busy)
    else:
        index = write_long(folder.part(1), hours)
    written_s, before_mb = time.perf_counter() - began_s, peak_mb()
    known = index if index_of == "bot" else None
    if known is None:
        del index
    began_s = time.perf_counter()
    result = finalise(folder, started=WHEN, title="Hours", room_id="room", label=label(hours), index=known)
    told = {
        "written_s": written_s,
        "seconds": time.perf_counter() - began_s,
        "before_mb": before_mb,
        "peak_mb": peak_mb(),
        "path": os.fspath(result.path),
        "size": result.path.stat().st_size,
        "duration_s": result.duration_ns / SECOND,
        "problem": result.problem,
        "chapters": len(result.chapters),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:])
