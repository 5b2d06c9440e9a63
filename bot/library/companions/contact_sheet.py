"""One picture that shows a whole recording: tiles at even distances, each with its time."""

import math

import cv2
import numpy as np

from bot.duration import short_clock_text
from bot.library.companions.stills import Picture, Stills

COLUMNS = 4
MOST_TILES = 40
LEAST_STEP_NS = 2_000_000_000
TILE_WIDTH = 480
GAP = 12
CAPTION = 34
PAPER = 56  # lighter than the mix paints where nobody is, so that one sees where a picture ends
VOID = 32  # where a picture is damaged
INK = (220, 220, 220)


def contact_sheet(stills: Stills) -> Picture:
    """Some 2,000 pixels wide; rows are full, but for a recording of seconds."""
    count = tiles_for(stills.duration_ns)
    step_ns = stills.duration_ns / count
    tiles = [_tile(stills, int(step_ns * (number + 0.5))) for number in range(count)]
    columns = min(COLUMNS, count)
    height = stills.height_for(TILE_WIDTH) + CAPTION
    across, down = columns * (TILE_WIDTH + GAP) + GAP, math.ceil(count / columns) * (height + GAP) + GAP
    sheet = np.full((down, across, 3), PAPER, np.uint8)
    for number, tile in enumerate(tiles):
        top, left = GAP + number // columns * (height + GAP), GAP + number % columns * (TILE_WIDTH + GAP)
        sheet[top : top + height, left : left + TILE_WIDTH] = tile
    return sheet


def tiles_for(duration_ns: int) -> int:
    count = max(1, min(MOST_TILES, duration_ns // LEAST_STEP_NS))
    return count if count < COLUMNS else count // COLUMNS * COLUMNS


def _tile(stills: Stills, at_ns: int) -> Picture:
    shown_ns, picture = stills.at(at_ns, TILE_WIDTH)
    height = stills.height_for(TILE_WIDTH)
    tile = np.full((height + CAPTION, TILE_WIDTH, 3), PAPER, np.uint8)
    tile[:height] = VOID if picture is None else picture
    place = (2, height + CAPTION - 10)
    cv2.putText(tile, short_clock_text(shown_ns / 1e9), place, cv2.FONT_HERSHEY_SIMPLEX, 0.65, INK, 1, cv2.LINE_AA)
    return tile
