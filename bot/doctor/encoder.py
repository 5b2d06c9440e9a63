"""The encoders and the writer: a second of a recording is made as the settings ask for, and looked at."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from bot.configuration import Configuration
from bot.doctor.finding import Finding, fail, ok, warn
from bot.doctor.subject import Subject
from bot.library.inspection import inspect_file
from mixer.errors import MixerError
from mixer.mp4.finish import finish
from mixer.output.output import Output
from mixer.output.settings import OutputSettings

_SOUND_RATE = 48_000


def check(subject: Subject) -> Iterator[Finding]:
    with tempfile.TemporaryDirectory(prefix="roomreel-doctor-") as folder:
        yield from _tried(subject.configuration, Path(folder) / "trial.mp4")


def _tried(configuration: Configuration, path: Path) -> Iterator[Finding]:
    began_s = time.monotonic()
    try:
        notice = _make(configuration, path)
    except MixerError as error:
        yield fail("encoder", str(error), "Set other values of width, height, preset or encoder; or reinstall av.")
        return
    took_s = time.monotonic() - began_s
    if notice:
        yield warn("encoder", notice, "Set `encoder` to x264, or install the driver of the hardware.")
    problems = inspect_file(path).problems
    size = f"{configuration.width}x{configuration.height} at {configuration.fps}"
    if problems:
        yield fail("encoder", f"The file it made is not whole: {' '.join(problems)}", "Reinstall av from PyPI.")
    elif took_s > 1:
        yield warn(
            "encoder",
            f"One second of {size} took {took_s:.1f} s to encode now: quality will give way.",
            "Give the machine more processor, or less to do; or set a smaller width and height, or a faster preset.",
        )
    else:
        yield ok("encoder", f"Encoded and wrote one second of {size} in {took_s:.2f} s.")


def _make(configuration: Configuration, path: Path) -> str:
    """Returns what the encoder's choice had to say. Raises MixerError."""
    settings = OutputSettings(
        width=configuration.width,
        height=configuration.height,
        fps=configuration.fps,
        encoder=configuration.encoder,
        preset=configuration.preset,
        crf=configuration.crf,
        max_bitrate_kbps=configuration.max_bitrate_kbps,
    )
    output = Output(path, settings)
    samples = np.zeros((2, _SOUND_RATE // configuration.fps), np.float32)
    try:
        for tick in range(configuration.fps):
            output.sound(samples)
            output.picture(_slope(configuration.width, configuration.height, tick), tick)
    finally:
        output.close()
    finish(path)
    return output.notice


def _slope(width: int, height: int, tick: int) -> av.VideoFrame:
    """Moves, so that there is something to encode."""
    row = (np.arange(width) + 4 * tick) % 220 + 16
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = row.astype(np.uint8)
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")
