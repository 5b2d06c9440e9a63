"""Pictures to show in the gallery: somebody before a camera, a slide."""

import colorsys
from functools import cache
from typing import cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from mixer.decode.colour import Colours, Matrix
from mixer.decode.picture import Picture
from mixer.layout.tile import Shape

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]
INK, PAPER, ACCENT = (60, 45, 40), (250, 250, 248), (190, 110, 40)


def picture_of(shape: Shape) -> Picture:
    """By the track's name: `camera3` is the fourth sitter, `stage1` the second slide."""
    kind = "stage" if shape.track.startswith("stage") else "camera"
    return _picture(kind, int(shape.track.removeprefix(kind)), shape.width, shape.height)


@cache
def _picture(kind: str, number: int, width: int, height: int) -> Picture:
    image = _slide(number, width, height) if kind == "stage" else _person(number, width, height)
    planes = cast("Image", cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420))
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    return Picture(frame, 0, 0, Colours(Matrix.BT601, full_range=False))


def _person(number: int, width: int, height: int) -> Image:
    """Head and shoulders, as high in the picture as people sit; the frame's edge is drawn, so that cropping shows."""
    rows = np.linspace(0.55, 1.0, height)[:, None, None]
    image: Image = (np.full((height, width, 3), _hue(number * 0.381, 0.35, 0.75)) * rows).astype(np.uint8)
    for shelf in range(4):
        left = width * (shelf * 2 + 1) // 9
        _box(image, (left, height // 8), (left + width // 9, height // 3), _hue(number * 0.381 + 0.5, 0.25, 0.6))
    head = min(width * 0.17, height * 0.2)
    x, y = width // 2, int(height * 0.42)
    skin, hair = (
        _hue(0.07, 0.35 + number % 3 * 0.12, 0.95 - number % 4 * 0.15),
        _hue(0.08, 0.6, 0.25 + number % 5 * 0.1),
    )
    cloth = _hue(number * 0.618, 0.6, 0.7)
    _oval(image, (x, int(y + head * 3.1)), (head * 2.1, head * 1.9), cloth)
    _oval(image, (x, int(y + head * 0.9)), (head * 0.4, head * 0.6), skin)
    _oval(image, (x, int(y - head * 0.2)), (head * 0.86, head * 1.1), hair)
    _oval(image, (x, int(y + head * 0.08)), (head * 0.75, head * 0.95), skin)
    for side in (-1, 1):
        _oval(image, (int(x + side * head * 0.3), y), (head * 0.09, head * 0.09), INK)
    cv2.ellipse(image, (x, int(y + head * 0.4)), (int(head * 0.3), int(head * 0.18)), 0, 10, 170, INK, 2)
    cv2.rectangle(image, (0, 0), (width - 1, height - 1), (70, 220, 250), max(2, width // 160))
    return image


def _slide(number: int, width: int, height: int) -> Image:
    """A title, lines of small text and a chart; a line along its edge shows that nothing is cropped."""
    image = np.full((height, width, 3), PAPER, np.uint8)
    unit = min(width, height) / 100
    _text(image, f"Slide {number + 1}, {width} x {height}", (6 * unit, 14 * unit), unit * 0.28, ACCENT)
    for line in range(12):
        _text(
            image, "The quick brown fox jumps over the lazy dog", (6 * unit, (26 + line * 5) * unit), unit * 0.09, INK
        )
    for bar, share in enumerate((0.3, 0.55, 0.4, 0.8, 0.65)):
        left = int(width - (52 - bar * 10) * unit)
        _box(
            image,
            (left, int((90 - share * 60) * unit)),
            (left + int(7 * unit), int(90 * unit)),
            _hue(bar / 5, 0.6, 0.8),
        )
    cv2.rectangle(image, (0, 0), (width - 1, height - 1), (80, 80, 230), 3)
    return image


def _text(image: Image, text: str, at: tuple[float, float], scale: float, colour: Colour) -> None:
    where = (int(at[0]), int(at[1]))
    cv2.putText(image, text, where, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, max(1, round(scale * 1.6)), cv2.LINE_AA)


def _box(image: Image, one: tuple[int, int], other: tuple[int, int], colour: Colour) -> None:
    cv2.rectangle(image, one, other, colour, cv2.FILLED)


def _oval(image: Image, middle: tuple[int, int], radii: tuple[float, float], colour: Colour) -> None:
    cv2.ellipse(image, middle, (int(radii[0]), int(radii[1])), 0, 0, 360, colour, cv2.FILLED, cv2.LINE_AA)


def _hue(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return int(blue * 255), int(green * 255), int(red * 255)
