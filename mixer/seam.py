"""What the mix needs of the sound engine and of the file it writes into; tests put something simpler in their place."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import av
import numpy as np
from numpy.typing import NDArray

from mixer.audio.listener import Heard
from mixer.audio.sound_stats import SoundStats
from mixer.frame import EncodedFrame
from mixer.layout.tile import Rect
from mixer.source import Source


class Sound(Protocol):
    """`push` may come from any thread; everything else is called on the mix's thread."""

    def add(self, source: Source) -> None: ...

    def remove(self, track: str) -> None: ...

    def push(self, frame: EncodedFrame) -> None: ...

    def render(self, first_sample: int, count: int) -> NDArray[np.float32]:
        """The next `count` samples, (2, count); calls are consecutive."""

    def levels(self) -> Mapping[str, float]:
        """dBFS of what was last rendered, by track."""

    def listen(self, tracks: Collection[str]) -> Sequence[Heard]:
        """What has come of `tracks` since the last call, ahead of its being rendered."""

    def stats(self) -> Mapping[str, SoundStats]:
        """From any thread."""

    def close(self) -> None: ...


class Recorder(Protocol):
    """The file. Called on one thread: `sound`, then `picture`, once a tick; `close` once, at the end."""

    @property
    def efforts(self) -> int:
        """How many levels of effort the picture's encoder has, at least 1."""

    def picture(
        self, frame: av.VideoFrame, tick: int, *, changed: bool = True, within: Sequence[Rect] | None = None
    ) -> None:
        """`frame` is not written to by the mixer until this has returned. Not `changed`: it is the picture of the tick
        before, the same object, and costs next to nothing. Otherwise it differs from that one only `within` these;
        None: anywhere."""

    def set_effort(self, level: int) -> None:
        """0 is what the settings ask for; every level up to `efforts` - 1 costs the encoder less. A group of
        pictures begins for it as soon as it can; the file stays one track."""

    def sound(self, samples: NDArray[np.float32]) -> None: ...

    def close(self) -> None: ...
