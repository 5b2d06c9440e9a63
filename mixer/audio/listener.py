"""How loud a track's sound is, measured when it comes instead of when it is due: who speaks is known ahead."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from mixer.audio.decoder import SoundDecoder, make_meter
from mixer.audio.pauses import Pauses
from mixer.audio.samples import NS_PER_SECOND
from mixer.audio.sound_level import decibels, mean_square
from mixer.frame import Codec, EncodedFrame

MOST_WAITING = 512  # packets that came since the last look; the oldest go, as if they had been silent


@dataclass(frozen=True, slots=True)
class Heard:
    """One packet that is loud or quiet, but not silent."""

    track: str
    pts_ns: int
    lasts_ns: int
    dbfs: float  # RMS, as in `SoundMix.levels`


class Listener:
    """One track's. It has a decoder of its own, which decodes to 8 kHz: the mix decodes the same packets again when
    they are due, in another order perhaps (a copy of a lost one may come in between). `push` from any thread."""

    def __init__(self) -> None:
        self._waiting: deque[EncodedFrame] = deque(maxlen=MOST_WAITING)
        self._pauses = Pauses()
        self._codec: Codec | None = None
        self._decoder: SoundDecoder | None = None
        self._rate = 0

    def push(self, frame: EncodedFrame) -> None:
        self._waiting.append(frame)

    def listen(self) -> list[Heard]:
        """What has come since the last call."""
        heard = []
        while self._waiting:
            frame = self._waiting.popleft()
            found = None if frame.redundant else self._measure(frame)
            if found is not None:
                heard.append(found)
        return heard

    def close(self) -> None:
        """Idempotent."""
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None
            self._codec = None

    def _measure(self, frame: EncodedFrame) -> Heard | None:
        following = self._waiting[0] if self._waiting else None
        if not self._pauses.audible(frame, following):
            return None
        if frame.codec is not self._codec:
            self.close()
            self._decoder, self._rate = make_meter(frame.codec)
            self._codec = frame.codec
        assert self._decoder is not None
        block = self._decoder.decode(frame.data)
        if block is None:
            return None
        power = mean_square(block)
        self._pauses.decoded(frame, power)
        if not 0.0 < power < np.inf:
            return None
        return Heard(frame.track, frame.pts_ns, block.shape[1] * NS_PER_SECOND // self._rate, decibels(power))
