"""Small pictures for a player's seek bar: sheets of them, and a WebVTT that says which place of which sheet is when
(`#xywh=`, Media Fragments URI 1.0 §4.2.2)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bot.library.companions.stills import Picture, Stills

MOST_PICTURES = 720  # 1.5 MB of them for an hour of slides, ten seconds of a processor at 1080p
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
TILE_WIDTH = 192
COLUMNS, ROWS = 8, 8
VTT_FILE = "seek.vtt"
SHEET_FILE = "seek-{:03}.jpg"
VOID = 24  # where a picture is damaged

_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class SeekBar:
    """How many pictures there are, and where each is. Heights and widths in pixels."""

    duration_ms: int
    step_ms: int
    height: int  # of one picture

    @property
    def count(self) -> int:
        return max(1, -(-self.duration_ms // self.step_ms))

    @property
    def sheets(self) -> int:
        return -(-self.count // (COLUMNS * ROWS))

    def vtt(self) -> str:
        cues = []
        for number in range(self.count):
            sheet, place = divmod(number, COLUMNS * ROWS)
            left, top = place % COLUMNS * TILE_WIDTH, place // COLUMNS * self.height
            begin_ms = number * self.step_ms
            end_ms = max(begin_ms + 1, min(begin_ms + self.step_ms, self.duration_ms))
            where = f"{SHEET_FILE.format(sheet + 1)}#xywh={left},{top},{TILE_WIDTH},{self.height}"
            cues.append(f"{_time(begin_ms)} --> {_time(end_ms)}\n{where}\n")
        return "\n".join(["WEBVTT\n", *cues])

    def draw(self, stills: Stills) -> Iterator[Picture]:
        """The sheets; one is in memory at a time."""
        each = COLUMNS * ROWS
        for first in range(0, self.count, each):
            numbers = range(first, min(first + each, self.count))
            rows, columns = -(-len(numbers) // COLUMNS), min(COLUMNS, len(numbers))
            sheet = np.full((rows * self.height, columns * TILE_WIDTH, 3), VOID, np.uint8)
            for place, number in enumerate(numbers):
                middle_ns = (number * self.step_ms + min((number + 1) * self.step_ms, self.duration_ms)) * _MS // 2
                _, picture = stills.at(middle_ns, TILE_WIDTH)
                top, left = place // COLUMNS * self.height, place % COLUMNS * TILE_WIDTH
                if picture is not None:
                    sheet[top : top + self.height, left : left + TILE_WIDTH] = picture
            yield sheet


def seek_bar(duration_ns: int, height: int) -> SeekBar:
    """A picture a second of a short recording; the longer it is, the further apart they are."""
    duration_ms = max(1, duration_ns // _MS)
    fitting = (step_s for step_s in STEPS_S if duration_ms <= step_s * 1000 * MOST_PICTURES)
    step_ms = next(fitting, -(-duration_ms // MOST_PICTURES // 1000) + 1) * 1000
    return SeekBar(duration_ms, step_ms, height)


def _time(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
