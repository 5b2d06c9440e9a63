"""Sound to AAC-LC."""

from fractions import Fraction

import av
import numpy as np
from av.audio.stream import AudioStream
from av.codec.context import Flags
from numpy.typing import NDArray

from mixer.errors import OutputError
from mixer.mp4.sample import Sample
from mixer.mp4.track import SOUND, Track, mp4a
from mixer.output.settings import OutputSettings

BLOCK = 1024  # samples that AAC takes at a time
PRIMING = 1024  # samples a decoder gives before the first that was put in

_CHANNELS = 2
# Blocks; a second. libavcodec's encoder is in its end state long before; from the fourth on its bytes are the same,
# but that it says its name in every 256th.
_SILENT = 48
_SILENCE = bytes(4 * _CHANNELS * BLOCK)


class SoundEncoder:
    """Keeps less than a block until the rest of it comes; the encoder holds back one block more.

    Lasting silence is not encoded: its blocks are all the same, and leave the encoder as it is. It is given the next
    one with sound as if that followed the silence it had at first.
    """

    def __init__(self, settings: OutputSettings, track_id: int) -> None:
        self._rate = settings.sample_rate
        self._context = _open(settings)
        configuration = self._context.extradata
        if not configuration:
            raise OutputError("The AAC encoder of this build of libavcodec gives no configuration; use another build.")
        self.track = Track(
            id=track_id,
            handler=SOUND,
            timescale=settings.sample_rate,
            entry=mp4a(_CHANNELS, settings.sample_rate, settings.audio_bitrate_kbps * 1000, bytes(configuration)),
            media_start=PRIMING,
        )
        self._kept = np.zeros((_CHANNELS, 0), np.float32)
        self._taken = 0  # samples by the encoder
        self._spared = 0  # samples that it was not given
        self._silent = 0  # blocks without sound so far
        self._end = 0  # of what was given, in the track
        self._data = b""  # of the block given last
        self._settled = False  # it was as the one before

    def encode(self, samples: NDArray[np.float32]) -> list[Sample]:
        """`samples` is (2, n), full scale 1.0, and goes on where the last call ended."""
        joined = np.concatenate((self._kept, samples), axis=1)
        whole = joined.shape[1] // BLOCK * BLOCK
        self._kept = joined[:, whole:]
        return [
            sample
            for start in range(0, whole, BLOCK)
            for sample in self._encode_block(joined[:, start : start + BLOCK])
        ]

    def flush(self) -> list[Sample]:
        """The rest, filled up with silence to a block. Nothing can be encoded after that."""
        padding = -self._kept.shape[1] % BLOCK
        last = self.encode(np.zeros((_CHANNELS, padding), np.float32)) if padding else []
        return last + [self._sample(packet) for packet in self._context.encode(None)]

    def _encode_block(self, block: NDArray[np.float32]) -> list[Sample]:
        self._silent = self._silent + 1 if block.tobytes() == _SILENCE else 0
        if self._silent > _SILENT and self._settled:
            self._spared += BLOCK
            return [self._given(self._end, self._data)]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
        frame.sample_rate = self._rate
        frame.time_base = Fraction(1, self._rate)
        frame.pts = self._taken
        self._taken += BLOCK
        return [self._sample(packet) for packet in self._context.encode(frame)]

    def _sample(self, packet: "av.Packet[AudioStream]") -> Sample:
        if packet.pts is None or packet.pts < -PRIMING:
            raise OutputError(
                "The AAC encoder gave sound at a time it cannot have; this build of libavcodec cannot be used."
            )
        return self._given(packet.pts + PRIMING + self._spared, bytes(packet))

    def _given(self, dts: int, data: bytes) -> Sample:
        self._settled, self._data, self._end = data == self._data, data, dts + BLOCK
        return Sample(dts, BLOCK, 0, True, data)


def _open(settings: OutputSettings) -> av.AudioCodecContext:
    context = av.CodecContext.create("aac", "w")
    context.sample_rate = settings.sample_rate
    context.layout = "stereo"
    context.format = "fltp"
    context.bit_rate = settings.audio_bitrate_kbps * 1000
    context.time_base = Fraction(1, settings.sample_rate)
    context.flags |= Flags.global_header
    # Not `aac_coder=fast`, a third of the cost: it clips a loud tone (half of full scale off at 0.95).
    try:
        context.open()
    except (av.FFmpegError, ValueError) as error:
        raise OutputError(
            f"The AAC encoder refuses {settings.sample_rate} Hz at {settings.audio_bitrate_kbps} kbps ({error})."
        ) from error
    return context
