"""The machine-readable mark in every generated picture.

A black ring around 8 x 6 cells, white for one and black for zero: publication (8 bits), frame number (20), layer (4)
and a CRC-16 of these. A mark stands alone: it is found by its ring, in any place and at any scale down to cells of
about five pixels. Everything around a mark in a generated picture is brighter than `RING_BELOW`.
"""

import binascii
from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

Plane = NDArray[np.uint8]

COLUMNS, ROWS = 8, 6
RING_COLUMNS, RING_ROWS = COLUMNS + 2, ROWS + 2
BLACK, WHITE = 16, 235  # limited range, as everywhere in video
RING_BELOW = 62  # luma that counts as ring; backgrounds stay above 80
BIT_ABOVE = 125
MAX_NUMBER = 1 << 20
SMALLEST = (48, 32)  # pixels of a mark that can still be read
_PATTERN = bytes.fromhex("5a96c3699635")  # laid over the bits, so that about half of the cells are white
_SAMPLES = 3  # a cell is read as 3 x 3 areas, of which the middle one counts


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels, from the top left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark as read. `surround` is the mean luma just outside of it: it jumps with the flash."""

    publication: int
    number: int
    layer: int
    box: Box
    surround: float


def mark_cells(publication: int, number: int, layer: int = 0) -> Plane:
    """The mark as luma, one sample a cell, ring included: shape (8, 10). Raises ValueError for what does not fit."""
    if not (0 <= publication < 256 and 0 <= number < MAX_NUMBER and 0 <= layer < 16):
        raise ValueError(f"publication {publication}, number {number} or layer {layer} does not fit into a mark")
    payload = (publication << 24 | number << 4 | layer).to_bytes(4, "big")
    bits = np.unpackbits(np.frombuffer(_overlay(payload + _checksum(payload)), np.uint8))
    cells = np.full((RING_ROWS, RING_COLUMNS), BLACK, np.uint8)
    cells[1:-1, 1:-1] = np.where(bits.reshape(ROWS, COLUMNS), WHITE, BLACK)
    return cells


def draw_mark(luma: Plane, box: Box, publication: int, number: int, layer: int = 0) -> None:
    """Draw into a luma plane; the caller makes the chroma below it neutral."""
    cells = mark_cells(publication, number, layer)
    target = luma[box.y : box.y + box.height, box.x : box.x + box.width]
    target[:] = cv2.resize(cells, (box.width, box.height), interpolation=cv2.INTER_NEAREST)


def find_marks(luma: Plane) -> tuple[list[Mark], int]:
    """Every mark in a picture, left to right and top to bottom, and how many rings were found whose cells do not agree
    with their checksum: broken pictures."""
    dark = cv2.inRange(luma, 0, RING_BELOW)
    contours, hierarchy = cv2.findContours(dark, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    found: list[Mark] = []
    broken = 0
    for index, contour in enumerate(contours):
        if hierarchy[0][index][3] >= 0:  # the edge of a hole
            continue
        box = Box(*cv2.boundingRect(contour))
        if box.width < SMALLEST[0] or box.height < SMALLEST[1] or not _is_rectangle(box, cv2.contourArea(contour)):
            continue
        mark = read_mark(luma, box)
        if mark is not None:
            found.append(mark)
        elif _is_damaged(luma, dark, box):
            broken += 1
    found.sort(key=lambda mark: (mark.box.y, mark.box.x))
    return found, broken


def read_mark(luma: Plane, box: Box) -> Mark | None:
    """The mark whose ring fills `box`, or None when there is none or it is damaged."""
    bits = _cells(luma, box) > BIT_ABOVE
    packed = _overlay(np.packbits(bits).tobytes())
    if packed[4:] != _checksum(packed[:4]):
        return None
    word = int.from_bytes(packed[:4], "big")
    return Mark(word >> 24, word >> 4 & 0xFFFFF, word & 0xF, box, _surround(luma, box))


def _overlay(cells: bytes) -> bytes:
    return bytes(cell ^ pattern for cell, pattern in zip(cells, _PATTERN, strict=True))


def _checksum(payload: bytes) -> bytes:
    return binascii.crc_hqx(payload, 0xFFFF).to_bytes(2, "big")


def _is_rectangle(box: Box, area: float) -> bool:
    """The outline of a ring fills its box. Text and the edges of a canvas fall out here."""
    return area > 0.85 * (box.width - 1) * (box.height - 1) and 0.4 < box.width / box.height < 4.5


def _is_damaged(luma: Plane, dark: MatLike, box: Box) -> bool:
    """Whether a box that cannot be read is a mark all the same: a dark ring, and cells most of which are black or
    white, with some of each. A black picture, and a canvas with dark edges, are not."""
    area = dark[box.y : box.y + box.height, box.x : box.x + box.width]
    down, across = max(1, box.height // (RING_ROWS * 2)), max(1, box.width // (RING_COLUMNS * 2))
    sides = (area[:down], area[-down:], area[:, :across], area[:, -across:])
    if any(float(side.mean()) < 0.9 * 255 for side in sides):
        return False
    cells = _cells(luma, box)
    white, black = int((cells > 190).sum()), int((cells < RING_BELOW).sum())
    return min(white, black) >= 4 and white + black >= COLUMNS * ROWS // 2


def _cells(luma: Plane, box: Box) -> MatLike:
    """The middle of each cell inside the ring."""
    area = luma[box.y : box.y + box.height, box.x : box.x + box.width]
    size = (RING_COLUMNS * _SAMPLES, RING_ROWS * _SAMPLES)
    return cv2.resize(area, size, interpolation=cv2.INTER_AREA)[1::_SAMPLES, 1::_SAMPLES][1:-1, 1:-1]


def _surround(luma: Plane, box: Box) -> float:
    """Mean luma of narrow strips outside of the ring; what lies outside of the picture is left out."""
    gap = 2 + box.width // (RING_COLUMNS * 10)
    depth = max(2, box.width // (RING_COLUMNS * 4))
    left, right, top, bottom = box.x, box.x + box.width, box.y, box.y + box.height
    strips = (
        luma[max(0, top - gap - depth) : max(0, top - gap), left:right],
        luma[bottom + gap : bottom + gap + depth, left:right],
        luma[top:bottom, max(0, left - gap - depth) : max(0, left - gap)],
        luma[top:bottom, right + gap : right + gap + depth],
    )
    means = [float(strip.mean()) for strip in strips if strip.size]
    return sum(means) / len(means) if means else 0.0
