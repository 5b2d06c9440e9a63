"""The rooms that the gallery shows and whose geometry the golden test holds."""

from dataclasses import dataclass

from mixer.layout.arrangement import Cast, arrange, most_cameras, resolve
from mixer.layout.tile import Rect, Scene, Shape
from mixer.settings import LayoutName

CANVAS = Rect(0, 0, 1920, 1080)
COUNTS = (0, 1, 2, 3, 5, 9, 16, 25, 49)
WIDE, FULL_HD, PHONE, OLD, ULTRA, SQUARE = (640, 360), (1920, 1080), (720, 1280), (640, 480), (2560, 1080), (480, 480)
HD, BOOK, WINDOW, TALL = (1280, 720), (1600, 900), (1100, 900), (900, 1400)
# A room as rooms are: mostly wide cameras, now and then a phone or an old camera.
MIXED = (WIDE, WIDE, PHONE, WIDE, OLD, WIDE, WIDE, PHONE, WIDE, SQUARE)
STAGES = {0: (), 1: (FULL_HD,), 2: (FULL_HD, OLD)}

Sizes = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Case:
    """One room in one layout."""

    sheet: str
    name: str
    layout: LayoutName
    stages: Sizes
    cameras: Sizes

    @property
    def cast(self) -> Cast:
        """As many cameras as the layout has tiles for, as in a recording."""
        limit = most_cameras(resolve(self.layout, len(self.stages)), CANVAS, 49)
        return Cast(_shapes("stage", self.stages), _shapes("camera", self.cameras)[:limit], "camera0")

    @property
    def scene(self) -> Scene:
        return arrange(resolve(self.layout, len(self.stages)), CANVAS, self.cast)


def cases() -> list[Case]:
    return [*_every_layout(), *_odd_shapes()]


def ways() -> list[tuple[str, Case, Case]]:
    """Changes of layout as they happen in a meeting: a name, from, to."""

    def room(stages: Sizes, cameras: int, layout: LayoutName = LayoutName.AUTO) -> Case:
        return Case("", "", layout, stages, (WIDE,) * cameras)

    return [
        ("one more", room((), 4), room((), 5)),
        ("one less", room((), 10), room((), 9)),
        ("a share begins", room((), 5), room(STAGES[1], 5)),
        ("it ends", room(STAGES[1], 5), room((), 5)),
        ("a second share", room(STAGES[1], 3), room(STAGES[2], 3)),
        ("to speaker", room((), 9), room((), 9, LayoutName.SPEAKER)),
        ("all leave", room((), 3), room((), 0)),
    ]


def _every_layout() -> list[Case]:
    return [
        Case(f"{layout}", f"{stages} on stage, {count} cameras", layout, STAGES[stages], (WIDE,) * count)
        for layout in LayoutName
        for stages in STAGES
        for count in COUNTS
    ]


def _odd_shapes() -> list[Case]:
    kinds = {"phone": PHONE, "4 to 3": OLD, "ultra": ULTRA, "square": SQUARE}
    few = (1, 2, 3, 5, 9)
    made = [
        Case("cameras of one shape", f"{count} {kind}", LayoutName.AUTO, (), (size,) * count)
        for kind, size in kinds.items()
        for count in few
    ]
    made += [
        Case("cameras of many shapes", f"{layout}, {count} mixed", layout, STAGES[stages], (MIXED * 5)[:count])
        for layout, stages in ((LayoutName.AUTO, 0), (LayoutName.AUTO, 1), (LayoutName.SPEAKER, 0))
        for count in COUNTS[2:]
    ]
    shown = {"720p": HD, "900p": BOOK, "21 to 9": ULTRA, "window": WINDOW, "tall window": TALL, "phone": PHONE}
    shown |= {"360p": WIDE, "4 to 3": OLD}
    made += [
        Case("shares of many shapes", f"{kind}, {count} cameras", LayoutName.AUTO, (size,), (WIDE,) * count)
        for kind, size in shown.items()
        for count in (0, 1, 4, 9)
    ]
    pairs = {"two phones": (PHONE, PHONE), "wide and tall": (ULTRA, TALL), "four": (FULL_HD, OLD, HD, PHONE)}
    pairs |= {"two slides": (FULL_HD, FULL_HD), "three": (FULL_HD, FULL_HD, FULL_HD)}
    made += [
        Case("several on stage", f"{kind}, {count} cameras", LayoutName.AUTO, sizes, (WIDE,) * count)
        for kind, sizes in pairs.items()
        for count in (0, 1, 4, 9)
    ]
    return made


def _shapes(kind: str, sizes: Sizes) -> tuple[Shape, ...]:
    return tuple(Shape(f"{kind}{index}", *size) for index, size in enumerate(sizes))
