"""Encoded sound to samples of 48 kHz: one row of a table for each codec."""

from collections.abc import Callable, Mapping
from typing import Protocol

import av
import av.error
import numpy as np

from mixer.audio.libopus import OpusDecoder, load_libopus
from mixer.audio.samples import SAMPLE_RATE, Samples
from mixer.audio.upsampler import Upsampler
from mixer.errors import DecoderMissing
from mixer.frame import Codec

METER_RATE = 8000  # Opus costs less to decode the lower the rate, and voices are loudest below 4 kHz


class SoundDecoder(Protocol):
    """One track's decoder: keeps what it needs from packet to packet. Used on one thread."""

    @property
    def delay(self) -> int:
        """Samples between a packet's capture time and the same moment in what is decoded from it."""

    def decode(self, data: bytes) -> Samples | None:
        """One or two channels at 48 kHz; None when the packet cannot be decoded. The next one may be good again."""

    def recover(self, data: bytes) -> Samples | None:
        """The packet before `data` from the copy of it in `data`; None where codec or library cannot."""

    def close(self) -> None:
        """Idempotent."""


def make_decoder(codec: Codec) -> SoundDecoder:
    """Raises DecoderMissing when libavcodec was built without it, KeyError for a video codec."""
    return _DECODERS[codec]()


def make_meter(codec: Codec) -> tuple[SoundDecoder, int]:
    """A decoder for who only wants to know how loud it is, and the rate of what comes out of it. Raises as
    `make_decoder`."""
    library = load_libopus() if codec is Codec.OPUS else None
    if library is None:
        return make_decoder(codec), SAMPLE_RATE
    return OpusDecoder(library, METER_RATE), METER_RATE


class LibavDecoder:
    """A decoder of libavcodec."""

    def __init__(self, name: str, rate: int, delay: int) -> None:
        """`rate` is what the codec puts out, `delay` how many samples of 48 kHz it (and its encoder) hold back."""
        try:
            context = av.CodecContext.create(name, "r")
        except av.error.FFmpegError as error:
            raise DecoderMissing(f"libavcodec was built without {name}: install the wheel of PyAV.") from error
        if not isinstance(context, av.AudioCodecContext):
            raise DecoderMissing(f"libavcodec's {name} decodes no sound.")
        context.sample_rate = rate
        context.layout = "mono"
        self._context = context
        self._rate = rate
        self._upsampler = None if rate == SAMPLE_RATE else Upsampler(rate)
        self.delay = delay + (self._upsampler.delay if self._upsampler else 0)

    def decode(self, data: bytes) -> Samples | None:
        try:
            frames = self._context.decode(av.Packet(data))
            blocks = [_as_float(frame) for frame in frames if frame.sample_rate == self._rate]
        except (av.error.FFmpegError, ValueError):
            return None
        if not blocks:
            return None
        sound = blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)
        return self._upsampler.process(sound) if self._upsampler else sound

    def recover(self, data: bytes) -> Samples | None:
        return None

    def close(self) -> None:
        self._upsampler = None


class LogarithmicDecoder:
    """G.711: 256 values, taken from libavcodec once and looked up from then on."""

    def __init__(self, name: str) -> None:
        levels = LibavDecoder(name, SAMPLE_RATE, delay=0).decode(bytes(range(256)))
        if levels is None:
            raise DecoderMissing(f"libavcodec's {name} does not work: install the wheel of PyAV.")
        self._levels = levels[0]
        self._upsampler = Upsampler(8000)
        self.delay = self._upsampler.delay

    def decode(self, data: bytes) -> Samples | None:
        return self._upsampler.process(self._levels[np.frombuffer(data, np.uint8)][np.newaxis])

    def recover(self, data: bytes) -> Samples | None:
        return None

    def close(self) -> None:
        pass


def _as_float(frame: av.AudioFrame) -> Samples:
    """(channels, count), from packed or planar, 16-bit or float."""
    samples = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    if samples.dtype == np.int16:
        return samples.astype(np.float32) / np.float32(32768)
    return np.ascontiguousarray(samples[:2], np.float32)


def _opus() -> SoundDecoder:
    library = load_libopus()
    return OpusDecoder(library) if library else LibavDecoder("opus", SAMPLE_RATE, delay=OpusDecoder.delay)


_DECODERS: Mapping[Codec, Callable[[], SoundDecoder]] = {
    Codec.OPUS: _opus,
    Codec.PCMU: lambda: LogarithmicDecoder("pcm_mulaw"),
    Codec.PCMA: lambda: LogarithmicDecoder("pcm_alaw"),
    Codec.G722: lambda: LibavDecoder("g722", 16_000, delay=66),
}
