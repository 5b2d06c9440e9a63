"""The machine-readable mark in every generated picture.

A black ring around 8 x 6 cells, white for one and black for zero: publication (8 bits), frame number (20), layer (4) and
a CRC-16 of these. A mark stands alone: it is found by its ring, in any place and at any scale down to cells of about
five pixels. Everything around a mark in a generated picture is brighter than `RING_BELOW`.
"""

import binascii
from dataclasses import dataclass

import cv2
import numpy as np
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
    """The mark as luma, one sample a cell, ring included: shape (8, 10). Raises ValueError for a number that does not fit."""
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
    _, _, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=4, ltype=cv2.CV_16U)
    found: list[Mark] = []
    broken = 0
    for x, y, width, height, area in stats[1:].tolist():
        if width < SMALLEST[0] or height < SMALLEST[1] or not _may_be_ring(width, height, area):
            continue
        box = Box(x, y, width, height)
        mark = read_mark(luma, box)
        if mark is not None:
            found.append(mark)
        elif _has_ring(dark, box):
            broken += 1
    found.sort(key=lambda mark: (mark.box.y, mark.box.x))
    return found, broken


def read_mark(luma: Plane, box: Box) -> Mark | None:
    """The mark whose ring fills `box`, or None when there is none or it is damaged."""
    area = luma[box.y : box.y + box.height, box.x : box.x + box.width]
    size = (RING_COLUMNS * _SAMPLES, RING_ROWS * _SAMPLES)
    cells = cv2.resize(area, size, interpolation=cv2.INTER_AREA)[1::_SAMPLES, 1::_SAMPLES]
    bits = cells[1:-1, 1:-1] > BIT_ABOVE
    packed = _overlay(np.packbits(bits).tobytes())
    if packed[4:] != _checksum(packed[:4]):
        return None
    word = int.from_bytes(packed[:4], "big")
    return Mark(word >> 24, word >> 4 & 0xFFFFF, word & 0xF, box, _surround(luma, box))


def _overlay(cells: bytes) -> bytes:
    return bytes(cell ^ pattern for cell, pattern in zip(cells, _PATTERN, strict=True))


def _checksum(payload: bytes) -> bytes:
    return binascii.crc_hqx(payload, 0xFFFF).to_bytes(2, "big")


def _may_be_ring(width: int, height: int, area: int) -> bool:
    """The ring alone is 35 % of its box; cells add to it. Text and canvas backgrounds fall out here."""
    return 0.25 < area / (width * height) < 0.95 and 0.4 < width / height < 4.5


def _has_ring(dark: Plane, box: Box) -> bool:
    """Whether all four sides are dark: a damaged mark rather than something else."""
    area = dark[box.y : box.y + box.height, box.x : box.x + box.width]
    down, across = max(1, box.height // (RING_ROWS * 2)), max(1, box.width // (RING_COLUMNS * 2))
    sides = (area[:down], area[-down:], area[:, :across], area[:, -across:])
    return all(float(side.mean()) > 0.9 * 255 for side in sides)


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
