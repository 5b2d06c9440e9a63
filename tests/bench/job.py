"""What a process of the mixer's benchmark is told to do."""

import json
from dataclasses import asdict, dataclass

from mixer.frame import Codec
from mixer.output.settings import OutputSettings
from tests.bench.scenes import SCENES, MixScene, cameras

FPS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One scene, so long, in this codec. Goes from process to process as JSON."""

    scene: str  # of SCENES, or "cameras 12": that many of 180 lines
    media_s: int
    codec: str = Codec.VP8
    width: int = 1920
    height: int = 1080
    microphones: int = 0
    slots: int = 15  # ticks that ours and the floor do in turn

    @property
    def mix_scene(self) -> MixScene:
        if self.scene in SCENES:
            return SCENES[self.scene]
        count = int(self.scene.removeprefix("cameras "))
        return MixScene(f"{count} cameras 180p", (cameras(count, 180),))

    @property
    def mix_codec(self) -> Codec:
        return Codec(self.codec)

    @property
    def output(self) -> OutputSettings:
        """How everybody encodes it."""
        return OutputSettings(width=self.width, height=self.height)

    @property
    def ticks(self) -> int:
        return self.media_s * FPS

    def written(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Job":
        return cls(**json.loads(text))
