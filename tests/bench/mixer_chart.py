"""The picture beside the mixer's figures on the page of results."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from cv2.typing import MatLike

from tests.bench.mixer_page import Figures

CHART = Path(__file__).parents[1] / "results-mixer.png"

_COLOURS = {
    "encode": (150, 90, 40),
    "scale": (190, 140, 90),
    "decode": (225, 195, 160),
    "ours": (60, 140, 60),
    "ffmpeg": (60, 110, 220),
    "gstreamer": (80, 60, 180),
    "browser": (150, 60, 150),
}
_HEIGHT, _PANEL, _MARGIN = 620, 1180, 60


def draw_chart(figures: Figures, curve: Mapping[int, float], path: Path = CHART) -> None:
    """Bars of CPU a scene, and the curve by number of cameras."""
    sheet = np.full((_HEIGHT, _PANEL + (_PANEL // 2 if curve else 0), 3), 255, np.uint8)
    _bars(sheet, figures)
    if curve:
        _line(sheet[:, _PANEL:], curve)
    cv2.imwrite(str(path), sheet)


def _bars(sheet: MatLike, figures: Figures) -> None:
    columns = {scene: _columns(row) for scene, row in figures.items()}
    top = max(sum(part for _, part in stack) for stacks in columns.values() for stack in stacks.values())
    _write(sheet, "CPU seconds per second of recording", (_MARGIN, 30), 0.7)
    scale = (_HEIGHT - 3 * _MARGIN) / top
    _axis(sheet, top, scale, _PANEL - _MARGIN)
    wide = (_PANEL - 2 * _MARGIN) // len(columns)
    for index, (scene, stacks) in enumerate(columns.items()):
        left = _MARGIN + index * wide
        _write(sheet, scene, (left + wide // 2 - 20, _HEIGHT - 50), 0.6)
        bar = (wide - 30) // 5
        for number, stack in enumerate(stacks.values()):
            base = _HEIGHT - 2 * _MARGIN + 40
            for part, height in stack:
                tall = round(height * scale)
                x = left + 15 + number * bar
                cv2.rectangle(sheet, (x, base - tall), (x + bar - 4, base), _COLOURS[part], -1)
                base -= tall
    for number, name in enumerate(_COLOURS):
        x = _MARGIN + number * 155
        cv2.rectangle(sheet, (x, _HEIGHT - 28), (x + 16, _HEIGHT - 12), _COLOURS[name], -1)
        _write(sheet, f"floor: {name}" if number < 3 else name, (x + 22, _HEIGHT - 14), 0.45)


def _columns(row: Mapping[str, Any]) -> dict[str, Sequence[tuple[str, float]]]:
    floor = row["floor_cpu_s_per_s"]
    stacks: dict[str, Sequence[tuple[str, float]]] = {
        "floor": [(part, floor[part]) for part in ("encode", "scale", "decode")],
        "ours": [("ours", row["cpu_s_per_s"])],
    }
    return stacks | {
        name: [(name, row[f"{name}_cpu_s_per_s"])]
        for name in ("ffmpeg", "gstreamer", "browser")
        if f"{name}_cpu_s_per_s" in row
    }


def _line(sheet: MatLike, curve: Mapping[int, float]) -> None:
    width = sheet.shape[1]
    top = max(curve.values())
    scale = (_HEIGHT - 3 * _MARGIN) / top
    _write(sheet, "ours, by number of cameras 180p", (_MARGIN, 30), 0.7)
    _axis(sheet, top, scale, width - 20)
    across = (width - 2 * _MARGIN) / max(curve)
    base = _HEIGHT - 2 * _MARGIN + 40
    points = [(round(_MARGIN + count * across), round(base - cost * scale)) for count, cost in curve.items()]
    cv2.polylines(sheet, [np.array(points, np.int32)], False, _COLOURS["ours"], 2, cv2.LINE_AA)
    for point, count in zip(points, curve, strict=True):
        cv2.circle(sheet, point, 4, _COLOURS["ours"], -1, cv2.LINE_AA)
        _write(sheet, str(count), (point[0] - 8, _HEIGHT - 50), 0.45)


def _axis(sheet: MatLike, top: float, scale: float, right: int) -> None:
    base = _HEIGHT - 2 * _MARGIN + 40
    step = 0.25 if top < 2 else 0.5
    for number in range(int(top / step) + 1):
        y = round(base - number * step * scale)
        cv2.line(sheet, (_MARGIN, y), (right, y), (225, 225, 225), 1)
        _write(sheet, f"{number * step:.2f}", (8, y + 5), 0.45)


def _write(sheet: MatLike, text: str, place: tuple[int, int], size: float) -> None:
    cv2.putText(sheet, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, (40, 40, 40), 1, cv2.LINE_AA)
