"""The geometry that was looked at and found good. `./scripts/gallery --golden` writes it anew: then look again."""

from mixer.settings import LayoutName
from tests.gallery.cases import CANVAS, COUNTS, STAGES, cases
from tests.gallery.golden import GOLDEN, geometry


def test_the_geometry_is_the_one_that_was_looked_at() -> None:
    """Every room of the gallery, tile by tile."""
    kept = GOLDEN.read_text().splitlines()
    changed = [f"{now}\n  was {was}" for now, was in zip(geometry(), kept, strict=True) if now != was]
    assert not changed, "\n".join([f"{len(changed)} rooms are arranged otherwise than kept:", *changed[:5]])


def test_the_gallery_shows_every_room() -> None:
    """Each layout with each number of cameras and of things on stage."""
    shown = {case.sheet: case.name for case in cases()}
    for layout in LayoutName:
        named = {case.name for case in cases() if case.sheet == layout}
        assert named == {f"{stages} on stage, {count} cameras" for stages in STAGES for count in COUNTS}
    assert len(shown) >= len(LayoutName) + 3


def test_little_is_left_empty() -> None:
    """A viewer's first look: with two to 49 wide cameras the grid covers almost two thirds of the canvas at least."""
    for case in cases():
        if case.sheet == LayoutName.GRID and case.name.startswith("0 on stage") and len(case.cameras) > 1:
            assert sum(tile.rect.area for tile in case.scene) >= 0.64 * CANVAS.area, case.name
