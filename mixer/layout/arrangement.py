"""Which layout does what with those who are to be seen: one table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mixer.layout.grid import grid
from mixer.layout.speaker import speaker
from mixer.layout.stage import stage
from mixer.layout.strip import capacity
from mixer.layout.tile import EMPTY, Rect, Scene, Shape
from mixer.settings import LayoutName


@dataclass(frozen=True, slots=True)
class Cast:
    """Those to be seen, in order. `speaker` is the track of the camera that is shown large in `speaker`."""

    stages: tuple[Shape, ...] = ()
    cameras: tuple[Shape, ...] = ()
    speaker: str | None = None


def resolve(name: LayoutName, stages: int) -> LayoutName:
    """AUTO becomes what it stands for; a layout without anything to show large becomes one that has it."""
    if name is LayoutName.AUTO:
        return LayoutName.STAGE if stages else LayoutName.GRID
    if name is LayoutName.STAGE and not stages:
        return LayoutName.GRID
    if name is LayoutName.SPEAKER and stages:
        return LayoutName.STAGE
    return name


def most_cameras(name: LayoutName, canvas: Rect, limit: int) -> int:
    """How many cameras a resolved layout has tiles for."""
    return min(limit, _CAPACITY[name](canvas))


def arrange(name: LayoutName, canvas: Rect, cast: Cast) -> Scene:
    """Tiles for a resolved layout: inside the canvas, apart from each other, even."""
    return _LAYOUTS[name](canvas, cast)


_LAYOUTS: Mapping[LayoutName, Callable[[Rect, Cast], Scene]] = {
    LayoutName.STAGE: lambda canvas, cast: stage(canvas, cast.stages, cast.cameras),
    LayoutName.GRID: lambda canvas, cast: grid(canvas, cast.cameras),
    LayoutName.SPEAKER: lambda canvas, cast: speaker(canvas, cast.cameras, cast.speaker),
    LayoutName.STAGE_ONLY: lambda canvas, cast: stage(canvas, cast.stages, ()) if cast.stages else EMPTY,
}

_CAPACITY: Mapping[LayoutName, Callable[[Rect], int]] = {
    LayoutName.STAGE: capacity,
    LayoutName.GRID: lambda _canvas: 49,
    LayoutName.SPEAKER: lambda canvas: 1 + capacity(canvas),
    LayoutName.STAGE_ONLY: lambda _canvas: 0,
}
