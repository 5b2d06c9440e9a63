"""The pictures that the product's own mix makes of a scene, kept in a raw file, so that every encoder sees the same."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from mixer.audio.sound_mix import SoundMix
from mixer.decode.picture import planes_of
from mixer.mix import Mix
from mixer.settings import MixSettings
from mixer.source import Source, SourceKind
from tests.bench.clips import clips
from tests.bench.mixing import Feed, NoRequests
from tests.bench.scenes import SCENES

FPS = 30


class Canvases:
    """yuv420p pictures of a scene in `path`; `changed` says which differ from the one before. `stage` is where in the
    picture the stage lies (x, y, width, height), None without one."""

    def __init__(self, path: Path, scene: str, media_s: int) -> None:
        settings = MixSettings()
        self.path = path
        self.width, self.height = settings.width, settings.height
        self.changed: list[bool] = []
        self.stage: tuple[int, int, int, int] | None = None
        mix = Mix(settings, SoundMix(), NoRequests())
        try:
            self._make(mix, scene, media_s)
        finally:
            mix.close()

    def __len__(self) -> int:
        return len(self.changed)

    def __iter__(self) -> Iterator[av.VideoFrame]:
        """The same frame each time, filled anew: it must not be kept."""
        frame = av.VideoFrame(self.width, self.height, "yuv420p")
        raw = np.memmap(self.path, np.uint8, "r").reshape(len(self), -1)
        for tick in range(len(self)):
            start = 0
            for plane in planes_of(frame):
                np.copyto(plane, raw[tick, start : start + plane.size].reshape(plane.shape))
                start += plane.size
            yield frame

    def luma(self) -> NDArray[np.uint8]:
        """All pictures' Y planes, read only."""
        raw = np.memmap(self.path, np.uint8, "r").reshape(len(self), self.height * 3 // 2, self.width)
        return raw[:, : self.height]

    def _make(self, mix: Mix, scene: str, media_s: int) -> None:
        played = clips(SCENES[scene], media_s)
        for clip in played:
            mix.add(Source(clip.track, clip.track, SourceKind.VIDEO, clip.sending.stage))
        feed = Feed(sorted((frame for clip in played for frame in clip.frames()), key=lambda frame: frame.pts_ns))
        with self.path.open("wb") as file:
            for tick in range(media_s * FPS):
                for frame in feed.until(mix.tick_ns(tick + 1)):
                    mix.push(frame)
                mixed = mix.tick(tick)
                self.changed.append(mixed.changed)
                for plane in planes_of(mixed.picture):
                    file.write(np.ascontiguousarray(plane).tobytes())
        staged = [tile.rect for tile in mix.picture.scene if tile.track.startswith("stage")]
        if staged:
            self.stage = (staged[0].x, staged[0].y, staged[0].width, staged[0].height)
