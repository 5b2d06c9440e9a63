"""Rooms drawn by the product's own canvas, side by side in one picture."""

from collections.abc import Sequence
from typing import cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from mixer.decode.picture import Picture, planes_of
from mixer.picture.canvas import Canvas
from mixer.settings import MS, SECOND, MixSettings
from tests.gallery.cases import CANVAS, Case
from tests.gallery.sitters import picture_of

Image = NDArray[np.uint8]
BT709, LIMITED = 1, 1  # as FFmpeg numbers them
TICKS = 10  # a transition, and the first at rest
THUMBNAIL = (480, 270)
MARGIN, CAPTION = 10, 26
TABLE, WRITING = (90, 90, 90), (255, 255, 255)


def sheet(cases: Sequence[Case], columns: int) -> Image:
    """In rows of `columns`, each with its name above it."""
    return laid_out([(case.name, shown(case)) for case in cases], columns)


def laid_out(named: Sequence[tuple[str, Image]], columns: int) -> Image:
    width, height = THUMBNAIL
    rows = -(-len(named) // columns)
    image = np.full((rows * (height + CAPTION) + MARGIN, columns * (width + MARGIN) + MARGIN, 3), TABLE, np.uint8)
    for index, (name, room) in enumerate(named):
        x, y = MARGIN + index % columns * (width + MARGIN), index // columns * (height + CAPTION) + CAPTION
        image[y : y + height, x : x + width] = cv2.resize(room, THUMBNAIL, interpolation=cv2.INTER_AREA)
        cv2.putText(image, name, (x, y - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.55, WRITING, 1, cv2.LINE_AA)
    return image


def shown(case: Case) -> Image:
    """The whole canvas, as a player shows it."""
    canvas = Canvas(CANVAS.width, CANVAS.height)
    canvas.draw(case.scene, _pictures(case))
    return as_image(canvas)


def transitions(ways: Sequence[tuple[str, Case, Case]]) -> Image:
    """A row for each: every tick from one room to the other."""
    settings = MixSettings()
    named = []
    for name, before, after in ways:
        canvas = Canvas(CANVAS.width, CANVAS.height, settings.transition_ns)
        canvas.draw(before.scene, _pictures(before))
        for tick in range(TICKS):
            now_ns = tick * SECOND // settings.fps
            canvas.draw(after.scene, _pictures(after), now_ns)
            named.append((f"{name}, {now_ns // MS} ms", as_image(canvas)))
    return laid_out(named, TICKS)


def _pictures(case: Case) -> dict[str, Picture]:
    return {shape.track: picture_of(shape) for shape in (*case.cast.stages, *case.cast.cameras)}


def as_image(canvas: Canvas) -> Image:
    frame = av.VideoFrame(CANVAS.width, CANVAS.height, "yuv420p")
    for part, into in zip(canvas.planes, planes_of(frame), strict=True):
        np.copyto(into, part)
    frame.colorspace, frame.color_range = BT709, LIMITED
    return cast("Image", frame.to_ndarray(format="bgr24"))
