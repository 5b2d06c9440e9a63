"""A browser filmed on a virtual screen: Chromium on Xvfb plays the same clips in the same tiles, `ffmpeg` films it and
encodes with our settings. In real time, as a recording would be.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import psutil

from mixer.decode.picture import planes_of
from tests.bench.clips import Clip
from tests.bench.encoding import check_same, x264_arguments
from tests.bench.job import FPS, Job
from tests.bench.peers.cost import PeerError, cpu_of, patience_s
from tests.bench.scenery import number_at
from tests.bench.seen import pictures_seen

PROGRAMS = ("Xvfb", "chromium", "ffmpeg")
PATIENCE_S = 60.0  # until every video plays
SETTLE_S = 3.0  # and what starting it has begun is done
_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
    *("--autoplay-policy=no-user-gesture-required", "--mute-audio", "--kiosk", "--hide-scrollbars"),
    *("--allow-file-access-from-files", "--force-device-scale-factor=1", "--window-position=0,0"),
)


@dataclass(frozen=True, slots=True)
class Filmed:
    """`seen`: distinct pictures a second, by track; memory is what the processes have for themselves, in MB."""

    cpu_s_per_s: float
    lasted: float  # times as long as what was filmed; far above 1 on a machine that is too busy for it
    seen: dict[str, float]
    memory_mb: float


def is_installed() -> bool:
    return all(shutil.which(program) for program in PROGRAMS)


def film(job: Job, clips: Sequence[Clip], tiles: Sequence[Mapping[str, Any]], recording: Path) -> Filmed:
    """CPU is user and system time of all processes while the scene is filmed, over its length.
    Raises PeerError."""
    with tempfile.TemporaryDirectory() as folder, _screen(job) as (screen, display):
        page = Path(folder) / "room.html"
        page.write_text(_page(job, clips, tiles))
        with _browser(job, page, Path(folder), display) as browser:
            _wait_for_pictures(job, display, tiles, Path(folder) / "look.mp4")
            time.sleep(SETTLE_S)
            before, began_s = _spent(screen, browser), time.monotonic()
            grabbed = cpu_of(_grab(job, display, recording, job.media_s), patience_s(job.media_s))
            filmed_s = time.monotonic() - began_s
            spent = {pid: cpu_s - before.get(pid, 0.0) for pid, cpu_s in _spent(screen, browser).items()}
            memory = sum(_own_memory(process) for process in _tree(screen, browser)) / 1e6
    check_same(job.output, recording)
    seen = pictures_seen(recording, tiles, clips)
    if not any(seen.values()):
        raise PeerError("The filmed browser shows no moving tile; its figures would mean nothing.")
    # A grab that the machine is too slow for lasts longer than what it films.
    return Filmed(grabbed / job.media_s + sum(spent.values()) / filmed_s, filmed_s / job.media_s, seen, memory)


def _wait_for_pictures(job: Job, display: str, tiles: Sequence[Mapping[str, Any]], look: Path) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        cpu_of(_grab(job, display, look, seconds=1 / FPS), patience_s(0))
        with av.open(str(look)) as container:
            luma = planes_of(next(container.decode(video=0)))[0]
        numbers = [
            number_at(luma[tile["y"] : tile["y"] + tile["height"], tile["x"] : tile["x"] + tile["width"]])
            for tile in tiles
        ]
        if None not in numbers:
            return
        time.sleep(0.5)
    raise PeerError(f"The browser did not show every video within {PATIENCE_S:.0f} s.")


@contextlib.contextmanager
def _screen(job: Job) -> Iterator[tuple[psutil.Process, str]]:
    read, write = os.pipe()
    size = f"{job.width}x{job.height}x24"
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as screen:
        os.close(write)
        try:
            with os.fdopen(read) as told:
                yield psutil.Process(screen.pid), f":{told.readline().strip()}"
        finally:
            screen.terminate()


@contextlib.contextmanager
def _browser(job: Job, page: Path, folder: Path, display: str) -> Iterator[psutil.Process]:
    size = f"--window-size={job.width},{job.height}"
    command = ["chromium", *_FLAGS, size, f"--user-data-dir={folder}/profile", page.as_uri()]
    environment = os.environ | {"DISPLAY": display, "HOME": str(folder)}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdin=quiet, stdout=quiet, stderr=quiet) as browser:
        process = psutil.Process(browser.pid)
        try:
            yield process
        finally:
            for member in _tree(process):
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.kill()


def _tree(*roots: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return [member for root in roots for member in (root, *root.children(recursive=True))]
    return []


def _spent(*roots: psutil.Process) -> dict[int, float]:
    """CPU seconds by process."""
    spent = {}
    for member in _tree(*roots):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = member.cpu_times()
            spent[member.pid] = times.user + times.system
    return spent


def _own_memory(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        return float(process.memory_full_info().pss)
    return 0.0


def _grab(job: Job, display: str, recording: Path, seconds: float) -> list[str]:
    return [
        *("ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "x11grab", "-draw_mouse", "0", "-framerate", str(FPS)),
        *("-video_size", f"{job.width}x{job.height}", "-i", display, "-t", f"{seconds:.3f}", "-r", str(FPS)),
        *("-pix_fmt", "yuv420p", *x264_arguments(job.output), str(recording)),
    ]


def _page(job: Job, clips: Sequence[Clip], tiles: Sequence[Mapping[str, Any]]) -> str:
    places = {tile["track"]: tile for tile in tiles}
    videos = []
    for clip in clips:
        place = places[clip.track]
        box = "left:{x}px;top:{y}px;width:{width}px;height:{height}px".format(**place)
        videos.append(f'<video src="{clip.path.as_uri()}" style="{box}" autoplay muted loop></video>')
    style = "body{margin:0;background:#1f1f1f;overflow:hidden}video{position:absolute;object-fit:cover}"
    body = "".join(videos)
    return f"<!doctype html><style>{style}</style><body style='width:{job.width}px;height:{job.height}px'>{body}</body>"
