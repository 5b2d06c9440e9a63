"""`./scripts/bench mixer`: what mixing costs, beside its floor and beside what others do with the same pictures.

All figures are CPU seconds (user and system, all threads and processes) per second of recording.

- ours and the floor run in turns, half a second of recording each (`lockstep`), and each run gives one ratio of sums;
  the ratio printed is the median of the runs, the costs are those of the run with the lowest cost of ours. One run with
  --quick, three otherwise, or as many as --runs says.
- `ffmpeg` and GStreamer do the scene after each of these runs, at file speed, on the same clips in the same tiles; the
  ratio is the lowest cost of ours over the lowest of theirs. What starting them takes is taken off.
- the browser is filmed once, in real time, for as long as the scene lasts.
- a program of others that hangs or fails costs its own figures of that scene, and nothing else.
- in real time: the product's mixer with its threads, a microphone beside every camera, once.

Everybody has x264 with the product's settings. The product tells it each picture's quantiser; the floor through
libavcodec and the others let it choose. What that alone brings is seen in the stricter floor, which is told, too.

The ratios are of pictures alone, because the floor and the others have no sound.
"""

import contextlib
import json
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from mixer.frame import Codec
from tests.bench.clips import clips
from tests.bench.job import Job
from tests.bench.lockstep import Pair, in_real_time, mix_alone, mix_beside_floor
from tests.bench.mixer_chart import draw_chart
from tests.bench.mixer_page import tell
from tests.bench.peers import ffmpeg_cli, filmed_browser, gstreamer
from tests.bench.peers.cost import PeerError
from tests.bench.scenes import SCENES
from tests.bench.seen import pictures_seen
from tests.results import update

QUICK_S = 5
RUNS = 3
CURVE = (1, 2, 4, 9, 16, 25, 36, 49)
CURVE_S = 4
MOST_LASTING = 1.5  # of filming the browser, in lengths of the scene: it starts and ends, too
PEERS = {"ffmpeg": ffmpeg_cli, "gstreamer": gstreamer}


@dataclass(slots=True)
class Measured:
    """One scene. What was not measured is not there."""

    name: str
    pairs: list[Pair] = field(default_factory=list)
    peers: dict[str, float] = field(default_factory=dict)
    browser: filmed_browser.Filmed | None = None
    live: dict[str, Any] = field(default_factory=dict)
    sound_cpu_s_per_s: float | None = None
    failures: dict[str, str] = field(default_factory=dict)  # in place of the figures of a peer

    @property
    def best(self) -> Pair:
        return min(self.pairs, key=lambda pair: pair.ours.cpu_s_per_s)

    @property
    def ours(self) -> float:
        return self.best.ours.cpu_s_per_s

    def figures(self, media_s: int) -> dict[str, Any]:
        """As JSON has them. `ratio_to_…` of a peer that was not measured is null; `failures` says
        of which ones that is their own fault."""
        best = self.best
        others = self.peers | ({"browser": self.browser.cpu_s_per_s} if self.browser else {})
        ratios = {name: others.get(name) and self.ours / others[name] for name in (*PEERS, "browser")}
        return {
            "name": self.name,
            "ratio_to_floor": statistics.median(pair.ratio for pair in self.pairs),
            "ratio_to_strict_floor": statistics.median(pair.strict_ratio for pair in self.pairs),
            **{f"ratio_to_{name}": ratio for name, ratio in ratios.items()},
            "cpu_s_per_s": self.ours,
            "floor_cpu_s_per_s": {"decode": best.decode, "scale": best.scale, "encode": best.encode},
            "encode_told_cpu_s_per_s": best.encode_told,
            "strict_floor_cpu_s_per_s": best.strict_floor,
            **{f"{name}_cpu_s_per_s": cost for name, cost in others.items()},
            "kbps": best.ours.file_bytes * 8 / media_s / 1000,
            "memory_mb": best.ours.memory_bytes / 1e6,
            "sound_cpu_s_per_s": self.sound_cpu_s_per_s,
            "real_time": self.live,
            "browser": asdict(self.browser) if self.browser else None,
            "failures": self.failures,
        }


def measure(job: Job, *, quick: bool, say: Callable[[str], None], runs: int = 1) -> Measured:
    """One scene, the peers that are installed included; with `quick` only `ffmpeg`."""
    played = clips(job.mix_scene, job.media_s, job.mix_codec)
    measured = Measured(job.mix_scene.name)
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "peer.mp4"
        for run in range(runs):
            measured.pairs.append(mix_beside_floor(job))
            tiles = measured.pairs[-1].ours.tiles
            for name, peer in PEERS.items():
                if (name == "ffmpeg" or not quick) and name not in measured.failures and peer.is_installed():
                    say(f"{job.scene}: {name}, run {run + 1}")
                    with _at_its_own_cost(name, measured, say):
                        cost = peer.cost(job, played, tiles, recording)
                        measured.peers[name] = min(cost, measured.peers.get(name, cost))
        measured.live = in_real_time(replace(job, microphones=job.mix_scene.cameras), recording)
        seen = pictures_seen(recording, tiles, played)
        measured.live["pictures_seen"] = seen
        if not quick:
            measured.sound_cpu_s_per_s = _sound(job)
            if filmed_browser.is_installed():
                say(f"{job.scene}: browser")
                with _at_its_own_cost("browser", measured, say):
                    measured.browser = _filmed(filmed_browser.film(job, played, tiles, recording))
    return measured


@contextlib.contextmanager
def _at_its_own_cost(name: str, measured: Measured, say: Callable[[str], None]) -> Iterator[None]:
    """A peer that fails has no figures, not even those of the runs before."""
    try:
        yield
    except PeerError as error:
        say(f"{name}: {error}")
        measured.failures[name] = error.outcome
        measured.peers.pop(name, None)


def _filmed(filmed: filmed_browser.Filmed) -> filmed_browser.Filmed:
    """Raises PeerError for what was not filmed in real time."""
    if filmed.lasted > MOST_LASTING:
        raise PeerError("the machine is too busy to film it in real time; it is left out.", "too slow")
    return filmed


def _sound(job: Job) -> float:
    """CPU seconds per second that a microphone beside every camera adds; the lowest of two runs with and without."""
    silent, spoken = job, replace(job, microphones=job.mix_scene.cameras)
    costs = [(mix_alone(silent).cpu_s_per_s, mix_alone(spoken).cpu_s_per_s) for _ in range(2)]
    return min(cost for _, cost in costs) - min(cost for cost, _ in costs)


def curve() -> dict[int, float]:
    """CPU seconds per second of recording by number of cameras, in turns, the lowest of two."""
    jobs = {count: Job(scene=f"cameras {count}", media_s=CURVE_S) for count in CURVE}
    for job in jobs.values():
        clips(job.mix_scene, CURVE_S)
    runs = [{count: mix_alone(job).cpu_s_per_s for count, job in jobs.items()} for _ in range(2)]
    return {count: min(run[count] for run in runs) for count in CURVE}


@click.command()
@click.option("--quick", is_flag=True, help="Five seconds of recording, and no peer but ffmpeg.")
@click.option("--scene", "chosen", type=click.Choice(list(SCENES)), multiple=True, help="Only this one; repeatable.")
@click.option("--runs", default=RUNS, show_default=True, help="Of each scene; one with --quick.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def main(quick: bool, chosen: tuple[str, ...], runs: int, as_json: bool) -> None:
    """CPU of mixing six scenes, beside what cannot be avoided and beside what others need for it."""

    def say(text: str) -> None:
        click.echo(text, err=True)

    for name, installed in _installed(quick).items():
        if not installed:
            say(f"{name} is not installed, and not compared with.")
    figures = {}
    for scene in chosen or SCENES:
        say(f"{scene}: {SCENES[scene].name}")
        job = Job(scene=scene, media_s=QUICK_S if quick else SCENES[scene].media_s)
        figures[scene] = measure(job, quick=quick, say=say, runs=1 if quick else runs).figures(job.media_s)
    whole = not quick and not chosen
    costs = curve() if whole else {}
    tell(figures, costs, note_them=whole)
    h264 = mix_beside_floor(Job(scene="S2", media_s=SCENES["S2"].media_s, codec=Codec.H264)).ratio if whole else None
    if h264 is not None:
        click.echo(f"S2 with H264 instead of VP8: {h264:.2f} of its floor")
    if whole:
        draw_chart(figures, costs)
        update(4)
    if as_json:
        click.echo(json.dumps({"scenes": figures, "curve": costs, "s2_h264_ratio_to_floor": h264}))


def _installed(quick: bool) -> dict[str, bool]:
    peers = {name: peer.is_installed() for name, peer in PEERS.items() if name == "ffmpeg" or not quick}
    return peers if quick else peers | {"a browser with Xvfb": filmed_browser.is_installed()}


if __name__ == "__main__":
    main()
