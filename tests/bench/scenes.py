"""The scenes that mixing is measured in: who sends what, and where it comes from."""

from dataclasses import dataclass
from enum import StrEnum


class Content(StrEnum):
    """What a clip looks like."""

    PERSON = "person"  # before a shelf, moving, with the noise of a sensor
    DOCUMENT = "document"  # a shared screen that scrolls, with a small film in it
    SLIDES = "slides"  # text and a chart, at rest but for one change in the middle of the clip


@dataclass(frozen=True, slots=True)
class Sending:
    """`count` publications of one kind, each with pictures of its own."""

    content: Content
    count: int
    width: int
    height: int
    fps: int
    kbps: int

    @property
    def stage(self) -> bool:
        return self.content is not Content.PERSON


@dataclass(frozen=True, slots=True)
class MixScene:
    name: str
    sendings: tuple[Sending, ...]
    media_s: int = 10

    @property
    def cameras(self) -> int:
        return sum(sending.count for sending in self.sendings if not sending.stage)


def cameras(count: int, lines: int) -> Sending:
    """What a browser sends of a camera in this layer."""
    kbps = {180: 150, 360: 500, 720: 1500}[lines]
    return Sending(Content.PERSON, count, lines * 16 // 9, lines, 30, kbps)


_DOCUMENT = Sending(Content.DOCUMENT, 1, 1920, 1080, 15, 2500)
# Slides at rest: browsers send a shared screen that does not change five times a second.
_SLIDES = Sending(Content.SLIDES, 1, 1920, 1080, 5, 1500)

SCENES = {
    "S1": MixScene("stage 1080p15 + 4 cameras 360p", (_DOCUMENT, cameras(4, 360))),
    "S2": MixScene("grid of 9 cameras 360p", (cameras(9, 360),)),
    "S3": MixScene("grid of 25 cameras 180p", (cameras(25, 180),)),
    "S4": MixScene("stage + 16 cameras 180p", (_DOCUMENT, cameras(16, 180))),
    "S5": MixScene("one camera 720p", (cameras(1, 720),)),
    # One change in 20 s, in the middle.
    "S6": MixScene("slides that change every 20 s + 4 cameras 360p", (_SLIDES, cameras(4, 360)), media_s=20),
}
