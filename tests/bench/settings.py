"""`./scripts/bench settings`: what each preset and quality costs, and what it leaves of the picture.

The scenes of `./scripts/bench mixer`, mixed by the product, go through the product's own Output. CPU is user and system
time of encoding and writing, seconds per second of recording; the rounds over all candidates are interleaved, the least
counts. kbps is the mean of the picture's bytes after the first two seconds, for which the ceiling allows a burst. VMAF
needs an ffmpeg with libvmaf (`--ffmpeg PATH`); Debian's has none.
"""

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import av
import click

from mixer.decode.picture import planes_of
from mixer.output.output import Output
from mixer.output.settings import OutputSettings
from tests.bench.canvases import Canvases
from tests.bench.clips import FOLDER
from tests.bench.quality import TextSharpness, vmaf, vmaf_program

BURST_S = 2
GOAL_VMAF = 93.0
GOAL_TEXT_DB = 32.0
PRESETS = ("ultrafast", "superfast", "veryfast")


@dataclass(slots=True)
class Row:
    """One candidate in one scene."""

    scene: str
    preset: str
    crf: int
    cpu_s_per_s: float
    kbps: float
    vmaf: float | None = None
    text_db: float | None = None

    def line(self) -> str:
        quality = [f"{value:7.1f}" if value is not None else "      -" for value in (self.vmaf, self.text_db)]
        kbps, cpu = self.kbps, self.cpu_s_per_s
        return f"{self.scene}  {self.preset:10} {self.crf:3} {cpu:7.3f} {kbps:7.0f} {' '.join(quality)}"


def encode(canvases: Canvases, settings: OutputSettings, path: Path) -> float:
    """CPU seconds."""
    output = Output(path, settings)
    spent_s = 0.0
    for tick, frame in enumerate(canvases):
        began_s = time.process_time()
        output.picture(frame, tick, changed=canvases.changed[tick])
        spent_s += time.process_time() - began_s
    began_s = time.process_time()
    output.close()
    return spent_s + time.process_time() - began_s


def judge(row: Row, canvases: Canvases, path: Path, program: str | None) -> None:
    """Fill in what the encoded file looks like."""
    text = TextSharpness(canvases)
    size = 0
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            if packet.size and packet.pts is not None and packet.pts * packet.time_base >= BURST_S:
                size += packet.size
            for frame in packet.decode():
                text.add(round((frame.time or 0) * 30), planes_of(frame)[0])
    row.kbps = size * 8 / 1000 / (len(canvases) / 30 - BURST_S)
    row.text_db = text.db
    row.vmaf = vmaf(program, path, canvases) if program else None


def measure(
    scene: str, candidates: Sequence[tuple[str, int]], media_s: int, rounds: int, program: str | None
) -> list[Row]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        canvases = Canvases(Path(folder) / "pictures.yuv", scene, media_s)
        rows = [Row(scene, preset, crf, 0.0, 0.0) for preset, crf in candidates]
        for turn in range(rounds):
            for row in rows:
                path = Path(folder) / "encoded.mp4"
                cpu = encode(canvases, OutputSettings(preset=row.preset, crf=row.crf), path) / media_s
                row.cpu_s_per_s = min(cpu, row.cpu_s_per_s or cpu)
                if not turn:
                    judge(row, canvases, path, program)
                path.unlink()
    return rows


@click.command(help=__doc__)
@click.option("--quick", is_flag=True, help="Two scenes, four seconds, the default and its neighbours.")
@click.option("--scene", "scenes", multiple=True, help="Only this one; may be given again.")
@click.option("--ffmpeg", default=None, help="An ffmpeg with libvmaf.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def main(quick: bool, scenes: tuple[str, ...], ffmpeg: str | None, as_json: bool) -> None:
    default = OutputSettings()
    near = [(default.preset, default.crf + step) for step in (-2, 0, 2)]
    candidates = near if quick else [(preset, crf) for preset in PRESETS for crf in range(20, 29, 2)]
    program = vmaf_program(ffmpeg)
    if program is None:
        print("No ffmpeg with libvmaf: VMAF is left out.")
    print(f"default: {default.preset} {default.crf}; goals: VMAF {GOAL_VMAF}, text {GOAL_TEXT_DB} dB,", end=" ")
    print(f"{default.max_bitrate_kbps} kbps")
    print("    preset     crf     CPU    kbps    VMAF    text")
    rows = []
    for scene in scenes or (("S1", "S2") if quick else ("S1", "S2", "S3", "S4", "S5", "S6")):
        for row in measure(scene, candidates, 4 if quick else 8, 1 if quick else 3, program):
            print(row.line(), flush=True)
            rows.append(row)
    if as_json:
        print(
            json.dumps({"default": {"preset": default.preset, "crf": default.crf}, "rows": [asdict(r) for r in rows]})
        )


if __name__ == "__main__":
    main()
