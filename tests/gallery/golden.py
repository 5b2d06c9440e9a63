"""The geometry of every case as text that a person can compare: one line a case, tiles as x,y width x height."""

from pathlib import Path

from mixer.layout.tile import Fit, Tile
from tests.gallery.cases import Case, cases

GOLDEN = Path(__file__).parent.parent / "mixer" / "golden" / "layouts.txt"


def geometry() -> list[str]:
    return [f"{case.sheet} | {case.name} | {_tiles(case)}" for case in cases()]


def write() -> None:
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text("\n".join(geometry()) + "\n")


def _tiles(case: Case) -> str:
    return "  ".join(_tile(tile) for tile in case.scene) or "nothing"


def _tile(tile: Tile) -> str:
    rect = tile.rect
    inside = " whole" if tile.fit is Fit.INSIDE else ""
    return f"{tile.track} {rect.x},{rect.y} {rect.width}x{rect.height}{inside}"
