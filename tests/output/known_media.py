"""Pictures and sound whose truth can be read back: grey says which tick, a flash and a beep share an instant."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from mixer.output.output import Output
from mixer.output.settings import OutputSettings

WIDTH, HEIGHT, FPS, RATE = 320, 180, 30, 48_000
SMALL = OutputSettings(width=WIDTH, height=HEIGHT, title="Known media", created_s=1_795_000_000)
PER_TICK = RATE // FPS
FLASH_EVERY = 30
FLASH_AT = 15  # tick within each second
BLACK, WHITE = 16, 235


def picture(tick: int) -> av.VideoFrame:
    """White on the flash's tick, else nearly black; the lower half holds the tick in sixteen bars."""
    planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    planes[: HEIGHT // 2] = WHITE if tick % FLASH_EVERY == FLASH_AT else BLACK
    for bit in range(16):
        planes[HEIGHT // 2 : HEIGHT, bit * 20 : bit * 20 + 20] = WHITE if tick >> bit & 1 else BLACK
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def tick_of(frame: av.VideoFrame) -> int:
    bars = frame.to_ndarray()[HEIGHT * 3 // 4, 10:WIDTH:20]
    return sum(1 << bit for bit, level in enumerate(bars) if level > 125)


def is_flash(frame: av.VideoFrame) -> bool:
    return bool(frame.to_ndarray()[: HEIGHT // 2 - 8].mean() > 125)


def sound(tick: int) -> NDArray[np.float32]:
    """1 kHz for one tick together with the flash, else silence."""
    samples = np.zeros((2, PER_TICK), np.float32)
    if tick % FLASH_EVERY == FLASH_AT:
        samples[:] = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(PER_TICK) / RATE)
    return samples


def feed(output: Output, ticks: range) -> None:
    for tick in ticks:
        output.sound(sound(tick))
        output.picture(picture(tick), tick)


def write(path: Path, ticks: int, settings: OutputSettings = SMALL) -> Output:
    """A closed file of so many ticks, not finished."""
    output = Output(path, settings)
    feed(output, range(ticks))
    output.close()
    return output


def ticks_in(path: Path) -> list[int]:
    """Every picture that a player shows, as the tick it holds, in the order of showing. Raises av.FFmpegError when the
    file cannot be opened; a packet that is cut off is passed over, as players do."""
    with av.open(str(path)) as container:
        packets = (packet for packet in container.demux(video=0) if not packet.is_corrupt)
        return [tick_of(frame) for packet in packets for frame in packet.decode()]


def sound_in(path: Path) -> tuple[float, NDArray[np.float32]]:
    """When the sound begins, in seconds, and the left channel."""
    blocks = []
    begin = None
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            if begin is None:
                begin = float(frame.time or 0)
            blocks.append(frame.to_ndarray()[0])
    return begin or 0.0, np.concatenate(blocks)
