"""Frames for the encoder: copies of the canvas in memory that is used again."""

import av
import numpy as np

from mixer.decode.picture import Planes, planes_of


class FrameRing:
    """`slots` frames, handed out in turn. A frame is written again when `slots` - 1 newer ones have been handed out, so
    whoever lets at most `slots` - 1 wait for the encoder, the one being encoded included, never sees one change.
    """

    def __init__(self, width: int, height: int, slots: int) -> None:
        self._frames = [av.VideoFrame(width, height, "yuv420p") for _ in range(slots)]
        self._next = 0

    def copy(self, planes: Planes) -> av.VideoFrame:
        frame = self._frames[self._next]
        self._next = (self._next + 1) % len(self._frames)
        # An encoder that still refers to the memory keeps it: the frame then gets memory of its own.
        frame.make_writable()
        for part, into in zip(planes, planes_of(frame), strict=True):
            np.copyto(into, part)
        return frame
