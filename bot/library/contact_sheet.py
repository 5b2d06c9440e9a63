"""One picture that shows a whole recording: a frame every few seconds, each with its time."""

import math
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from bot.duration import clock_text
from bot.errors import NotARecording, OutputError

Picture = NDArray[np.uint8]

COLUMNS = 4
MOST_TILES = 40
TILE_WIDTH = 480
GAP = 8
CAPTION = 30
PAPER = 24
INK = (220, 220, 220)


def write_contact_sheet(recording: Path, sheet: Path, *, every_s: float = 2.0) -> None:
    """Writes a PNG. The step grows with the duration, so that there are never more than 40 pictures.
    Raises NotARecording when there is no picture in the file, OutputError when the PNG cannot be written."""
    try:
        tiles = list(_tiles(recording, every_s))
    except (av.FFmpegError, OSError) as error:
        raise NotARecording(f"{recording} cannot be read as a recording: {error}.") from error
    if not tiles:
        raise NotARecording(f"There is no picture in {recording}.")
    if not cv2.imwrite(str(sheet), _arrange(tiles)):
        raise OutputError(f"{sheet} cannot be written.")


def _tiles(recording: Path, every_s: float) -> Iterator[Picture]:
    with av.open(str(recording)) as container:
        if not container.streams.video:
            return
        track = container.streams.video[0]
        duration_s = (container.duration or 0) / av.time_base
        step_s = max(every_s, duration_s / MOST_TILES)
        wanted_s = step_s / 2
        for frame in container.decode(track):
            if frame.time is None or frame.time < wanted_s:
                continue
            wanted_s += step_s
            yield _tile(frame)


def _tile(frame: av.VideoFrame) -> Picture:
    height = round(TILE_WIDTH * frame.height / frame.width)
    picture = frame.to_ndarray(format="bgr24")
    tile = np.full((height + CAPTION, TILE_WIDTH, 3), PAPER, np.uint8)
    tile[:height] = cv2.resize(picture, (TILE_WIDTH, height), interpolation=cv2.INTER_AREA)
    place = (4, height + CAPTION - 9)
    cv2.putText(tile, clock_text(frame.time), place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, INK, 1, cv2.LINE_AA)
    return tile


def _arrange(tiles: list[Picture]) -> Picture:
    columns = min(COLUMNS, len(tiles))
    rows = math.ceil(len(tiles) / columns)
    height, width = tiles[0].shape[:2]
    sheet = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 3), PAPER, np.uint8)
    for index, tile in enumerate(tiles):
        top = GAP + index // columns * (height + GAP)
        left = GAP + index % columns * (width + GAP)
        sheet[top : top + height, left : left + width] = tile
    return sheet
