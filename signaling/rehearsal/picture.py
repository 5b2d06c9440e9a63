"""What the generated participants show: I420 pictures drawn from (publication, frame number) alone.

A camera is a slow pan over a soft coloured background, a stage is a slide with real text. Both carry a mark and both
flash for `FLASH_NS` once a second, at the instant of the publication's beep (`sound`).
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from signaling.rehearsal.marks import Box, Plane, draw_mark
from signaling.rehearsal.rhythm import LOOP_SECONDS, in_flash

FLASH_LUMA = 60  # how much brighter the background is in the flash
CAMERA_LUMA = 110
_DARKEST = 96  # in either matrix well above a mark's ring
_PAN = 0.04  # of the picture's size, in each direction
_SLIDE_SECONDS = 4

Planes = tuple[Plane, Plane, Plane]


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a picture depends on except its frame number. Sizes are even; `fps` is a multiple of 5."""

    publication: int
    stage: bool
    width: int
    height: int
    fps: int
    layer: int = 0
    grain: int = 0
    blank: bool = False  # black, without a mark: muted, but still sending
    bt709: bool = True  # the matrix from RGB; VP8 cannot say which, so that it is BT.601 there (RFC 6386, 9.2)


def colour(publication: int) -> tuple[int, int, int]:
    """A publication's own colour (8-bit BGR). Hues are far apart for neighbouring numbers."""
    hue = int(publication * 137.5 / 2) % 180
    pixel = np.full((1, 1, 3), (hue, 150, 200), np.uint8)
    blue, green, red = (int(value) for value in cv2.cvtColor(pixel, cv2.COLOR_HSV2BGR)[0, 0])
    return blue, green, red


def mark_box(scene: Scene) -> Box:
    """Where the mark is. A camera's is in the middle, so that a tile may cut a quarter off each side; a stage is never
    cut, and its mark is in the lower right corner."""
    if scene.stage:
        width, height = _even(scene.width * 0.27), _even(scene.height * 0.30)
        return Box(_even(scene.width * 0.97) - width, _even(scene.height * 0.94) - height, width, height)
    width, height = _even(scene.width * 0.44), _even(scene.height * 0.48)
    return Box(_even((scene.width - width) / 2), _even((scene.height - height) / 2), width, height)


def draw_picture(scene: Scene, number: int) -> Planes:
    """The picture of frame `number`, counted from the beginning of the loop: Y, U and V, limited range."""
    if scene.blank:
        half = (scene.height // 2, scene.width // 2)
        return (
            np.full((scene.height, scene.width), 16, np.uint8),
            np.full(half, 128, np.uint8),
            np.full(half, 128, np.uint8),
        )
    number %= LOOP_SECONDS * scene.fps
    flash = in_flash(scene.publication, number, scene.fps)
    planes = _slide(scene, number, flash) if scene.stage else _camera(scene, number, flash)
    if scene.grain:
        _add_grain(planes[0], scene.grain, number)
    box = mark_box(scene)
    draw_mark(planes[0], box, scene.publication, number, scene.layer)
    for plane in planes[1:]:
        plane[box.y // 2 : (box.y + box.height) // 2, box.x // 2 : (box.x + box.width) // 2] = 128
    return planes


def _camera(scene: Scene, number: int, flash: bool) -> Planes:
    reach_x, reach_y = _reach(scene)
    angle = 2 * np.pi * number / (LOOP_SECONDS * scene.fps)
    x = _even(reach_x * (1 + np.cos(angle)))
    y = _even(reach_y * (1 + np.sin(2 * angle)))
    luma, u, v = _backdrop(scene.publication, scene.width, scene.height, flash, bt709=scene.bt709)
    half = (slice(y // 2, (y + scene.height) // 2), slice(x // 2, (x + scene.width) // 2))
    return luma[y : y + scene.height, x : x + scene.width].copy(), u[half].copy(), v[half].copy()


def _slide(scene: Scene, number: int, flash: bool) -> Planes:
    page = number // (_SLIDE_SECONDS * scene.fps)
    drawn = _page(scene.publication, scene.width, scene.height, page, flash=flash, bt709=scene.bt709)
    luma, u, v = (plane.copy() for plane in drawn)
    # A bar that grows along the lower edge: something moves in every frame, as a pointer or a video would.
    part = number % (_SLIDE_SECONDS * scene.fps) / (_SLIDE_SECONDS * scene.fps)
    top = scene.height - max(4, scene.height // 90)
    luma[top:, : _even(scene.width * part)] = 90
    return luma, u, v


def _add_grain(luma: Plane, grain: int, number: int) -> None:
    """Noise like a sensor's, another piece of it for every picture."""
    height, width = luma.shape
    noise = _noise(height, width, grain)
    y, x = number * 37 % 64, number * 53 % 64
    noisy = cv2.add(luma, noise[y : y + height, x : x + width])
    luma[:] = np.maximum(cv2.subtract(noisy, np.full_like(noisy, grain)), 76)


@lru_cache(maxsize=8)
def _noise(height: int, width: int, grain: int) -> Plane:
    random = np.random.default_rng(7)
    noise = random.integers(0, 2 * grain + 1, (height + 64, width + 64), dtype=np.uint8)
    return cv2.blur(noise, (2, 2)).astype(np.uint8)


@lru_cache(maxsize=32)
def _backdrop(publication: int, width: int, height: int, flash: bool, *, bt709: bool) -> Planes:
    """A camera's background, larger than the picture by twice the reach of the pan."""
    reach_x, reach_y = _reach(Scene(publication, False, width, height, 30))
    wide, high = width + 2 * reach_x + 2, height + 2 * reach_y + 2
    random = np.random.default_rng(publication)
    base = np.array(colour(publication), np.float32)
    down = np.linspace(1.08, 0.92, high, dtype=np.float32)[:, None, None]
    picture = np.clip(base * down * np.ones((1, wide, 1), np.float32), 0, 255).astype(np.uint8)
    for _ in range(14):
        centre = (int(random.uniform(0, wide)), int(random.uniform(0, high)))
        shade = np.clip(base * random.uniform(0.86, 1.16), 0, 255)
        radius = int(random.uniform(0.05, 0.22) * high)
        cv2.circle(picture, centre, radius, tuple(float(value) for value in shade), -1, cv2.LINE_AA)
    picture = cv2.GaussianBlur(picture, (0, 0), max(1.0, high / 90))
    return _planes(picture, CAMERA_LUMA + (FLASH_LUMA if flash else 0), bt709=bt709)


@lru_cache(maxsize=16)
def _page(publication: int, width: int, height: int, page: int, *, flash: bool, bt709: bool) -> Planes:
    """One slide: a heading, lines of text and a bar chart."""
    picture = np.full((height, width, 3), 235, np.uint8)
    tint = colour(publication)
    unit = height / 720
    cv2.rectangle(picture, (0, 0), (width, int(92 * unit)), tint, -1)
    _text(picture, f"Results of the quarter, part {page + 1}", (40, 64), unit, heading=True)
    lines = _LINES[page % len(_LINES)]
    for row, line in enumerate(lines):
        _text(picture, line, (64, 176 + row * 58), unit)
    for bar, value in enumerate(_BARS[page % len(_BARS)]):
        left, bottom = int((70 + bar * 104) * unit), height - int(60 * unit)
        cv2.rectangle(picture, (left, bottom - int(value * unit)), (left + int(70 * unit), bottom), tint, -1)
    return _planes(picture, 172 + (FLASH_LUMA if flash else 0), spread=0.75, bt709=bt709)


_LINES = (
    (
        "Figures up to the end of September",
        "Costs fell by 4.2 per cent",
        "3 of 5 milestones were reached",
        "Next: decide on the second site",
    ),
    (
        "What comes next",
        "1. Agree on the budget (page 7)",
        "2. Order parts before 14 November",
        "3. Trial run: 6 weeks, two teams",
    ),
)
_BARS = ((90, 150, 120, 190, 210, 170), (200, 170, 130, 150, 100, 80))


def _text(picture: Plane, text: str, at: tuple[int, int], unit: float, heading: bool = False) -> None:
    place = (int(at[0] * unit), int(at[1] * unit))
    scale, weight = (1.5, 3) if heading else (0.95, 2)
    thickness = max(1, round(weight * unit))
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale * unit, (70, 64, 60), thickness, cv2.LINE_AA)


def _planes(picture: NDArray[np.uint8], level: int, spread: float = 0.6, bt709: bool = True) -> Planes:
    """To I420, the median luma moved to `level`, contrast times `spread`, and nothing as dark as a mark's ring."""
    height, width = picture.shape[0] & ~1, picture.shape[1] & ~1
    packed = cv2.cvtColor(picture[:height, :width], cv2.COLOR_BGR2YUV_I420)  # BT.601
    luma = packed[:height].astype(np.float32)
    luma = np.clip((luma - float(np.median(luma))) * spread + level, _DARKEST, 232)
    u, v = packed[height:].reshape(2, height // 2, width // 2).astype(np.float32) - 128
    if bt709:
        luma += cv2.resize(-0.11555 * u - 0.20794 * v, (width, height), interpolation=cv2.INTER_LINEAR)
        u, v = 1.01864 * u + 0.11462 * v, 0.07505 * u + 1.02533 * v
    return _rounded(luma), _rounded(u + 128), _rounded(v + 128)


def _rounded(plane: NDArray[np.float32]) -> Plane:
    return np.clip(np.round(plane), 16, 240).astype(np.uint8)


def _reach(scene: Scene) -> tuple[int, int]:
    return _even(scene.width * _PAN), _even(scene.height * _PAN)


def _even(value: float) -> int:
    return int(value) & ~1
