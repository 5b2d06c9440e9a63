"""Cameras of equal rank: balanced rows of equal cells, as large as the canvas allows."""

from itertools import product

from mixer.layout.camera import alone, cell_aspects, in_cell, worth
from mixer.layout.tile import EMPTY, Rect, Scene, Shape, even, gap_for, largest


def grid(canvas: Rect, cameras: tuple[Shape, ...]) -> Scene:
    """One camera has the whole canvas, without a margin."""
    if not cameras:
        return EMPTY
    if len(cameras) == 1:
        return (alone(cameras[0], canvas),)
    gap = gap_for(canvas)
    rows, aspect = _best(canvas, cameras, gap)
    counts = row_counts(len(cameras), rows)
    width, height = _cell(canvas, max(counts), rows, gap, aspect)
    tiles = []
    left = iter(cameras)
    top = even((canvas.height - rows * height - (rows - 1) * gap) / 2) if rows else 0
    for row, count in enumerate(counts):
        start = even((canvas.width - count * width - (count - 1) * gap) / 2)
        y = canvas.y + top + row * (height + gap)
        tiles += [
            in_cell(next(left), Rect(canvas.x + start + column * (width + gap), y, width, height))
            for column in range(count)
        ]
    return tuple(tiles)


def row_counts(total: int, rows: int) -> tuple[int, ...]:
    """Cells of each row: they differ by one at most, the fuller rows come first."""
    base, more = divmod(total, rows)
    return tuple(base + (row < more) for row in range(rows))


def _cell(canvas: Rect, columns: int, rows: int, gap: int, aspect: float) -> tuple[int, int]:
    width, height = largest(
        aspect, (canvas.width - (columns + 1) * gap) / columns, (canvas.height - (rows + 1) * gap) / rows
    )
    return even(width), even(height)


def _best(canvas: Rect, cameras: tuple[Shape, ...], gap: int) -> tuple[int, float]:
    """Rows and the shape of cells that show the most of everybody."""
    worths = {aspect: sum(worth(camera, aspect) for camera in cameras) for aspect in cell_aspects(cameras)}

    def shown(choice: tuple[float, int]) -> float:
        aspect, rows = choice
        width, height = _cell(canvas, -(-len(cameras) // rows), rows, gap, aspect)
        return width * height * worths[aspect]

    aspect, rows = max(product(worths, range(1, len(cameras) + 1)), key=shown)
    return rows, aspect
