"""Spans of time as cells of a picture: what is thinner than a cell is never lost, and what is good is never more than
it was."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.library.certificate.spans import Spans

_WHOLE = 0.999  # of a cell


@dataclass(frozen=True, slots=True)
class Run:
    """Cells [begin, end)."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Raster:
    """Raises ValueError for less than one cell."""

    duration_s: float
    cells: int

    def __post_init__(self) -> None:
        if self.cells < 1:
            raise ValueError("a picture has at least one cell")

    def place(self, at_s: float) -> float:
        """In cells."""
        return at_s / self.duration_s * self.cells if self.duration_s > 0 else 0.0

    def cell(self, at_s: float) -> int:
        return min(self.cells - 1, max(0, int(self.place(at_s))))

    def touched(self, spans: Spans) -> tuple[Run, ...]:
        """Every cell in which a span is, were it without length: for what is bad."""
        return tuple(_runs(self._touched(spans)))

    def filled(self, spans: Spans) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
        """The cells that are in the spans from side to side, and those that are so in part: for what is good."""
        cover: dict[int, float] = {}
        whole: list[Run] = []
        for begin_s, end_s in spans:
            begin, end = self.place(begin_s), self.place(end_s)
            first, last = min(self.cells - 1, int(begin)), min(self.cells - 1, int(end))
            if first == last:
                cover[first] = cover.get(first, 0.0) + end - begin
                continue
            cover[first] = cover.get(first, 0.0) + first + 1 - begin
            cover[last] = cover.get(last, 0.0) + end - last
            whole.append(Run(first + 1, last))
        whole += [Run(cell, cell + 1) for cell, part in cover.items() if part >= _WHOLE]
        partly = [Run(cell, cell + 1) for cell, part in cover.items() if 1e-6 < part < _WHOLE]
        return tuple(_runs(whole)), tuple(_runs(partly))

    def _touched(self, spans: Spans) -> Iterator[Run]:
        for begin_s, end_s in spans:
            first, last = self.cell(begin_s), self.place(end_s)
            yield Run(first, max(first + 1, min(self.cells, -int(-last // 1))))


def _runs(parts: Iterable[Run]) -> Iterator[Run]:
    """Those that touch as one."""
    begin = end = -1
    for part in sorted((part for part in parts if part.end > part.begin), key=lambda part: part.begin):
        if part.begin > end:
            if end > begin:
                yield Run(begin, end)
            begin, end = part.begin, part.end
        else:
            end = max(end, part.end)
    if end > begin:
        yield Run(begin, end)


def as_path(runs: Iterable[Run], y: float) -> str:
    """Lines at that height."""
    return "".join(f"M{run.begin} {y:g}h{run.end - run.begin}" for run in runs)
