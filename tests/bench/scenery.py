"""Pictures that look like people and slides, drawn on I420 planes: texture, motion and noise, never flat colour.

How much of each decides what every figure of the mixer's benchmark means. It is set so that x264 `superfast` at crf 23,
with the options of the preset, a keyframe every two seconds and no ceiling, makes 2.1 Mbps of S1 (a shared screen and
four cameras) and 3.4 Mbps of S2 (nine cameras), at 1080p30: the content of our first figures, which gave 2.0 and 3.4.
A camera at 500 kbps keeps little of its sensor's noise and of a background that is out of focus, and the
person before it moves a little all the time, much only now and then.
"""

import math
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from tests.bench.scenes import Content, Sending

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]

NOISE = 1.5  # standard deviation of the sensor's noise, of 255
# The picture's number in Gray code, a row of black and white cells in the middle of the upper edge: says which pictures
# were seen. A tile crops the sides alike and little from the top, and its corners are round.
BITS = 6
CELL = 1 / 28  # of the height
TEXT = "the room decides what we record and how long it is kept until every copy has been confirmed by its owner"


def pictures(sending: Sending, seed: int, count: int) -> Iterator[Planes]:
    """`count` pictures of one publication; each is drawn over by the next."""
    return _PAINTERS[sending.content](sending, np.random.default_rng(seed), count)


def number_at(luma: Plane) -> int | None:
    """Reads the number off a tile, modulo 2**BITS; None when a cell is neither black nor white."""
    cell = luma.shape[0] * CELL
    value, bit = 0, 0
    for index in range(BITS):
        row, column = round(cell / 2), round(luma.shape[1] / 2 + (index + 0.5 - BITS / 2) * cell)
        level = int(luma[max(0, row - 1) : row + 1, column - 1 : column + 1].mean())
        if 90 < level < 160:
            return None
        bit ^= level >= 128
        value = value << 1 | bit
    return value


def _draw_number(planes: Planes, number: int) -> None:
    y, u, v = planes
    size = round(y.shape[0] * CELL)
    left = (y.shape[1] - BITS * size) // 4 * 2
    gray = (number ^ number >> 1) % (1 << BITS)
    for index in range(BITS):
        white = gray >> (BITS - 1 - index) & 1
        y[:size, left + index * size : left + (index + 1) * size] = 235 if white else 16
    for plane in (u, v):
        plane[: size // 2, left // 2 : (left + BITS * size) // 2] = 128


def _person(sending: Sending, random: np.random.Generator, count: int) -> Iterator[Planes]:
    width, height = sending.width, sending.height
    room = _room(random, width, height)
    poses = _poses(*_body(random, width, height))
    noise = Noise(random, width, height)
    phase, pace = random.uniform(0, 6.28, 4), random.uniform(0.7, 1.3, 4)
    for number in range(count):
        t = number / sending.fps
        # Breathing and swaying all the time; now and then a larger movement.
        gesture = max(0.0, math.sin(0.9 * pace[2] * t + phase[2])) ** 4
        dx = height * (0.012 * math.sin(1.7 * pace[0] * t + phase[0]) + 0.05 * gesture * math.sin(5 * t + phase[3]))
        dy = height * (0.008 * math.sin(2.3 * pace[1] * t + phase[1]) + 0.02 * gesture * math.cos(4 * t))
        turn = round((0.5 + 0.5 * math.sin(1.1 * pace[3] * t + phase[3])) * (len(poses) - 1))
        made = []
        for index, (back, (figure, shape)) in enumerate(zip(room, poses[turn], strict=True)):
            scale = 2 if index else 1
            moved, where = (_moved(part, dx / scale, dy / scale) for part in (figure, shape))
            made.append(noise.over(cv2.copyTo(moved, cv2.inRange(where, 128, 255), back.copy()), scale, random))
        y, u, v = (np.asarray(plane, np.uint8) for plane in made)
        _draw_number((y, u, v), number)
        yield y, u, v


def _moved(plane: Plane, dx: float, dy: float) -> MatLike:
    """By parts of a pixel, too."""
    height, width = plane.shape
    return cv2.getRectSubPix(plane, (width, height), ((width - 1) / 2 - dx, (height - 1) / 2 - dy))


def _poses(body: Planes, mask: Plane) -> list[list[tuple[Plane, Plane]]]:
    """The figure leaning this way and that: its planes, and where it is on each."""
    height, width = mask.shape
    half = np.asarray(cv2.resize(mask, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
    poses = []
    for angle in np.linspace(-3, 3, 17):
        pose = []
        for plane, shape, scale in zip(body, (mask, half, half), (1, 2, 2), strict=True):
            matrix = cv2.getRotationMatrix2D((width / 2 / scale, height / scale), float(angle), 1.0)
            size = (width // scale, height // scale)
            turned = [
                cv2.warpAffine(part, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
                for part in (plane, shape)
            ]
            pose.append((np.asarray(turned[0], np.uint8), np.asarray(turned[1], np.uint8)))
        poses.append(pose)
    return poses


class Noise:
    """A sensor's: more than a picture of it, so that a window anywhere in it is new noise."""

    def __init__(self, random: np.random.Generator, width: int, height: int) -> None:
        self._parts = {}
        for scale in (1, 2):
            level = random.normal(0, NOISE / scale, (height // scale + 64, width // scale + 64)).round()
            self._parts[scale] = (np.maximum(level, 0).astype(np.uint8), np.maximum(-level, 0).astype(np.uint8))

    def over(self, plane: MatLike, scale: int, random: np.random.Generator) -> MatLike:
        top, left = random.integers(0, 64, 2)
        window = (slice(top, top + plane.shape[0]), slice(left, left + plane.shape[1]))
        brighter, darker = self._parts[scale]
        return cv2.subtract(cv2.add(plane, brighter[window]), darker[window])


def _texture(random: np.random.Generator, width: int, height: int, spread: float) -> NDArray[np.float32]:
    """Cloudy at every size, mean 0."""
    total = np.zeros((height, width), np.float32)
    cell, strength = 4, spread
    while cell <= height:
        coarse = random.normal(0, strength, (height // cell + 2, width // cell + 2)).astype(np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        cell, strength = cell * 3, strength * 1.3
    return total


def _room(random: np.random.Generator, width: int, height: int) -> Planes:
    """A shelf of books before a wall."""
    y = 120 + _texture(random, width, height, 2.5)
    u = 128 + _texture(random, width // 2, height // 2, 1.0)
    v = 128 + _texture(random, width // 2, height // 2, 1.0)
    shelf = height // 5
    for top in range(0, height, shelf):
        left = 0
        while left < width:
            wide = int(random.integers(max(3, width // 60), max(5, width // 25)))
            tall = int(random.integers(shelf // 2, shelf - 2))
            book = (slice(top + shelf - tall, top + shelf), slice(left, left + wide))
            half = tuple(slice(part.start // 2, part.stop // 2) for part in book)
            y[book] += float(random.normal(0, 20))
            u[half] += float(random.normal(0, 5))
            v[half] += float(random.normal(0, 5))
            left += wide + 1
        y[top : top + 2] = 60
    soft = max(0.6, height / 300)  # out of focus
    return _limited(cv2.GaussianBlur(y, (0, 0), soft)), _limited(u), _limited(v)


def _body(random: np.random.Generator, width: int, height: int) -> tuple[Planes, Plane]:
    """Head and shoulders with their texture, and where they are."""
    mask = np.zeros((height, width), np.uint8)
    x = int(width * random.uniform(0.4, 0.6))
    head = (x, int(height * 0.42)), (int(height * 0.17), int(height * 0.23))
    cv2.ellipse(mask, (x, height), (int(height * 0.48), int(height * 0.38)), 0, 0, 360, 255, -1)
    cv2.ellipse(mask, *head, 0, 0, 360, 255, -1)
    y = random.uniform(60, 160) + _texture(random, width, height, 3.0)
    face = np.zeros_like(mask)
    cv2.ellipse(face, *head, 0, 0, 360, 255, -1)
    y[face > 0] = random.uniform(110, 180) + _texture(random, width, height, 2.5)[face > 0]
    for side in (-1, 1):
        cv2.circle(y, (x + side * int(height * 0.07), int(height * 0.38)), max(2, height // 50), 30.0, -1)
    cv2.ellipse(y, (x, int(height * 0.53)), (int(height * 0.06), max(2, height // 60)), 0, 0, 360, 70.0, -1)
    u = random.uniform(110, 145) + _texture(random, width // 2, height // 2, 1.0)
    v = random.uniform(110, 145) + _texture(random, width // 2, height // 2, 1.0)
    half = face[::2, ::2] > 0
    u[half], v[half] = 112, 148
    return (_limited(y), _limited(u), _limited(v)), mask


def _limited(plane: MatLike) -> Plane:
    return np.clip(plane, 16, 235).astype(np.uint8)


def _page(random: np.random.Generator, width: int, height: int) -> Planes:
    """A long page of text with headings, boxes and charts, dark on white."""
    y = np.full((height, width), 232, np.uint8)
    u, v = np.full((height // 2, width // 2), 128, np.uint8), np.full((height // 2, width // 2), 128, np.uint8)
    unit = width // 48
    top = 2 * unit
    while top < height - unit:
        if random.random() < 0.12 and top + 8 * unit < height:
            _chart(random, (y, u, v), top, unit)
            top += 9 * unit
            continue
        heading = random.random() < 0.15
        scale = unit / 40 * (1.9 if heading else 1.0)
        words = " ".join(random.choice(TEXT.split(), 6 if heading else 16))
        cv2.putText(y, words, (2 * unit, top), cv2.FONT_HERSHEY_SIMPLEX, scale, 30, 1 + heading, cv2.LINE_AA)
        top += round(unit * (1.9 if heading else 1.15))
    return y, u, v


def _chart(random: np.random.Generator, planes: Planes, top: int, unit: int) -> None:
    y, u, v = planes
    for index in range(12):
        tall = int(random.integers(unit, 7 * unit))
        left = (3 + 3 * index) * unit
        y[top + 7 * unit - tall : top + 7 * unit, left : left + 2 * unit] = 90 + 10 * index
        half = (slice((top + 7 * unit - tall) // 2, (top + 7 * unit) // 2), slice(left // 2, left // 2 + unit))
        u[half], v[half] = 90 + 6 * index, 160 - 5 * index


def _document(sending: Sending, random: np.random.Generator, count: int) -> Iterator[Planes]:
    """Scrolls for a second out of five; in a window of it a film runs, and the pointer moves."""
    width, height = sending.width, sending.height
    page = _page(random, width, height * 3)
    film = Sending(Content.PERSON, 1, width // 8 * 2, height // 8 * 2, sending.fps, 0)
    offset = 0
    for number, picture in enumerate(_person(film, random, count)):
        t = number / sending.fps
        if t % 5 < 1:
            offset = (offset + height // 135 * 2) % (height * 2)
        parts = (slice(offset, offset + height), slice(offset // 2, (offset + height) // 2))
        planes = (page[0][parts[0]].copy(), page[1][parts[1]].copy(), page[2][parts[1]].copy())
        x, y = width * 2 // 3 // 2 * 2, height // 8 // 2 * 2
        for index, (into, part) in enumerate(zip(planes, picture, strict=True)):
            left, top = (x, y) if index == 0 else (x // 2, y // 2)
            into[top : top + part.shape[0], left : left + part.shape[1]] = part
        pointer = (int(width * (0.4 + 0.2 * math.sin(t))), int(height * (0.5 + 0.3 * math.cos(1.3 * t))))
        cv2.circle(planes[0], pointer, height // 90, 20, -1)
        _draw_number(planes, number)
        yield planes


def _slides(sending: Sending, random: np.random.Generator, count: int) -> Iterator[Planes]:
    """Two of them. Nothing moves in between, not even a number."""
    for half in range(2):
        slide = _page(random, sending.width, sending.height)
        _draw_number(slide, 10 + 20 * half)
        for _ in range(count // 2 if half == 0 else count - count // 2):
            yield slide


_PAINTERS: dict[Content, Callable[[Sending, np.random.Generator, int], Iterator[Planes]]] = {
    Content.PERSON: _person,
    Content.DOCUMENT: _document,
    Content.SLIDES: _slides,
}
