"""How much a picture lost by being encoded: VMAF where an ffmpeg with libvmaf is there, and how clean text is."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.bench.canvases import Canvases

TEXT_STEP = 60  # of luma, between two neighbours: the edge of a letter
_EVERY = 10  # pictures are looked at for text
# Both sides alike: where one says less of its colours than the other, ffmpeg converts it before it compares, which took
# 3.6 from the VMAF of a grid.
_COLOURS = "setparams=range=limited:colorspace=bt709:color_primaries=bt709:color_trc=bt709"


def vmaf_program(named: str | None) -> str | None:
    """`named`, or ffmpeg of the path, if it knows libvmaf."""
    program = shutil.which(named or "ffmpeg")
    if program is None:
        return None
    filters = subprocess.run([program, "-hide_banner", "-filters"], capture_output=True, text=True, check=False)
    return program if " libvmaf " in filters.stdout else None


def vmaf(program: str, encoded: Path, canvases: Canvases) -> float:
    """The mean over every third picture of `encoded`, against what was encoded."""
    raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{canvases.width}x{canvases.height}", "-r", "30"]
    alike = f"{_COLOURS},settb=1/30,setpts=N"
    compare = ["-lavfi", f"[0:v]{alike}[a];[1:v]{alike}[b];[a][b]libvmaf=n_subsample=3"]
    command = [program, "-hide_banner", "-i", str(encoded), *raw, "-i", str(canvases.path), *compare, "-f", "null", "-"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    score = re.search(r"VMAF score: ([\d.]+)", result.stderr)
    assert score is not None, result.stderr
    return float(score[1])


class TextSharpness:
    """PSNR in dB of the stage's luma at the edges of letters: from 32 on nobody sees a difference at 100 %."""

    def __init__(self, canvases: Canvases) -> None:
        self._stage = canvases.stage
        self._given = canvases.luma()
        self._error = self._count = 0.0

    def add(self, tick: int, luma: NDArray[np.uint8]) -> None:
        if self._stage is None or tick % _EVERY:
            return
        x, y, width, height = self._stage
        given = self._given[tick, y : y + height, x : x + width].astype(np.int16)
        shown = luma[y : y + height, x : x + width]
        edges = np.zeros(given.shape, bool)
        edges[:, 1:] = np.abs(np.diff(given, axis=1)) > TEXT_STEP
        self._error += float(np.square(given[edges] - shown[edges]).sum())
        self._count += int(edges.sum())

    @property
    def db(self) -> float | None:
        """None where there is no stage, or no text on it."""
        if not self._count:
            return None
        return float(10 * np.log10(255**2 * self._count / max(self._error, 1e-9)))
