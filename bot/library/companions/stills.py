"""Pictures of a recording at wanted times, cheap: only keyframes are read and decoded."""

from collections.abc import Iterator
from typing import cast

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from bot.errors import NotARecording
from bot.library.decoders import SampleDecoder
from mixer.errors import UnreadableFile
from mixer.mp4.opened import OpenedFile
from mixer.mp4.track import PICTURE

Picture = NDArray[np.uint8]  # BGR

_BT709 = 1


class Stills:
    """Of an opened file, which stays the caller's. Raises NotARecording when there is no picture in it."""

    def __init__(self, opened: OpenedFile) -> None:
        lookup = opened.track(PICTURE)
        if lookup is None:
            raise NotARecording("There is no picture in it.")
        self._lookup = lookup
        self._decoder = SampleDecoder(opened, lookup)
        self.duration_ns = opened.duration_ns
        self.width, self.height = lookup.track.width, lookup.track.height

    def height_for(self, width: int) -> int:
        """Of a picture that is so wide; even."""
        return max(2, round(self.height * width / max(1, self.width) / 2) * 2)

    def at(self, at_ns: int, width: int) -> tuple[int, Picture | None]:
        """When the keyframe that is shown last up to `at_ns` is shown, and itself, `width` wide; None where it is
        damaged."""
        number = self._lookup.keyframe_at(at_ns)
        return max(0, self._lookup.shown_ns(number)), self._picture(number, width)

    def first(self, count: int, width: int) -> Iterator[Picture]:
        """The first keyframes, without those that are damaged."""
        number = 0
        for _ in range(count):
            if (picture := self._picture(number, width)) is not None:
                yield picture
            number = self._lookup.group_end(number)
            if number >= self._lookup.count:
                return

    def _picture(self, number: int, width: int) -> Picture | None:
        try:
            frame = next(self._decoder.decode(number, number + 1), None)
        except (OSError, UnreadableFile):
            return None
        return _small(cast("VideoFrame", frame), width, self.height_for(width)) if frame is not None else None


def _small(frame: VideoFrame, width: int, height: int) -> Picture:
    frame = frame.reformat(width, height, "bgr24", src_colorspace=_BT709, interpolation="AREA")
    return np.asarray(frame.to_ndarray(), np.uint8)
