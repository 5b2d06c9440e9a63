"""Sound whose truth is known: made here, encoded by libavcodec, pushed as a receiver would, read from the mix."""

import ctypes
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt

from mixer.audio.libopus import load_libopus
from mixer.audio.sound_mix import SoundMix
from mixer.frame import Codec, EncodedFrame
from mixer.source import Source, SourceKind

RATE = 48_000
PACKET_NS = 20_000_000

Sound = npt.NDArray[np.float32]  # (channels, samples) at 48 kHz


@dataclass(frozen=True)
class Encoding:
    """How a sender encodes."""

    codec: Codec
    encoder: str
    rate: int = RATE
    options: Mapping[str, str] = field(default_factory=dict)
    bit_rate: int = 96_000


OPUS = Encoding(Codec.OPUS, "libopus")
SPEECH = Encoding(Codec.OPUS, "libopus", options={"application": "voip"}, bit_rate=24_000)
PCMU = Encoding(Codec.PCMU, "pcm_mulaw", 8000)
PCMA = Encoding(Codec.PCMA, "pcm_alaw", 8000)
G722 = Encoding(Codec.G722, "g722", 16_000)


def tone(frequency: float, seconds: float, level: float = 0.4) -> Sound:
    time = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * frequency * time)).astype(np.float32)[np.newaxis]


def pulse() -> npt.NDArray[np.float64]:
    """20 ms of 1 kHz that swells and fades: its place can be found to the sample."""
    index = np.arange(960)
    shape: npt.NDArray[np.float64] = 0.5 * np.sin(2 * np.pi * index / 48) * np.sin(np.pi * index / 960) ** 2
    return shape


def pulses(seconds: int, ppm: float, noise: float = 1e-3) -> Sound:
    """A pulse at every whole second of true time, over faint noise, in the samples of a clock that is `ppm` fast."""
    speed = 1 + ppm * 1e-6
    sound: npt.NDArray[np.float64] = noise * np.random.default_rng(7).standard_normal(seconds * RATE)
    for second in range(1, seconds - 1):
        begin = second * RATE * speed
        first = int(np.ceil(begin))
        index = np.arange(first, first + 959) - begin
        sound[first : first + 959] += 0.5 * np.sin(2 * np.pi * index / 48) * np.sin(np.pi * index / 960) ** 2
    return sound.astype(np.float32)[np.newaxis]


def voice(seconds: float) -> Sound:
    """Pulses of a throat through formants, in syllables: what speech codecs are made for."""
    time = np.arange(round(seconds * RATE)) / RATE
    phase = np.cumsum(120 + 15 * np.sin(4 * np.pi * time)) / RATE
    beats = np.flatnonzero(np.diff(np.floor(phase), prepend=0.0))
    ring = np.arange(2400) / RATE
    formants = ((600, 80, 1.0), (1400, 100, 0.5), (2500, 150, 0.3))  # Hz, width in Hz, gain
    grain = np.zeros(len(ring))
    for formant, width, gain in formants:
        grain += gain * np.exp(-np.pi * width * ring) * np.sin(2 * np.pi * formant * ring)
    sound = np.zeros(len(time) + len(ring))
    for beat in beats:
        sound[beat : beat + len(ring)] += grain
    sound = sound[: len(time)] * (0.5 - 0.5 * np.cos(6 * np.pi * time))
    return (sound * (0.5 / float(np.abs(sound).max()))).astype(np.float32)[np.newaxis]


def encode(sound: Sound, encoding: Encoding = OPUS) -> list[bytes]:
    """Packets of 20 ms."""
    context = av.CodecContext.create(encoding.encoder, "w")
    assert isinstance(context, av.AudioCodecContext)
    float_input = encoding.encoder == "libopus"
    context.sample_rate, context.format = encoding.rate, "flt" if float_input else "s16"
    context.layout = "mono" if sound.shape[0] == 1 else "stereo"
    context.options = dict(encoding.options)
    if float_input:
        context.bit_rate = encoding.bit_rate
    thinned = sound[:, :: RATE // encoding.rate]
    length = encoding.rate // 50
    packets: list[bytes] = []
    for number in range(thinned.shape[1] // length):
        block = np.ascontiguousarray(thinned[:, number * length : (number + 1) * length].T.reshape(1, -1))
        samples = block if float_input else np.round(block * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples, context.format.name, context.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = encoding.rate, number * length, Fraction(1, encoding.rate)
        packets += [bytes(packet) for packet in context.encode(frame)]
    return packets


def encode_with_pauses(sound: Sound) -> list[bytes]:
    """Speech in packets of 20 ms with DTX, which libavcodec does not offer. A pause is packets of one byte."""
    library = load_libopus()
    assert library is not None
    library.opus_encoder_create.restype = ctypes.c_void_p
    library.opus_encode_float.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    encoder = ctypes.c_void_p(library.opus_encoder_create(RATE, 1, 2048, ctypes.byref(ctypes.c_int())))
    assert library.opus_encoder_ctl(encoder, 4016, ctypes.c_int(1)) == 0  # OPUS_SET_DTX
    packets, room = [], ctypes.create_string_buffer(4000)
    for part in np.split(sound[0], sound.shape[1] // 960):
        block = np.ascontiguousarray(part)
        length = library.opus_encode_float(encoder, block.ctypes.data, 960, room, len(room))
        packets.append(room.raw[:length])
    library.opus_encoder_destroy(encoder)
    return packets


def frames(packets: list[bytes], codec: Codec = Codec.OPUS, track: str = "microphone") -> list[EncodedFrame]:
    """One every 20 ms of a perfect clock."""
    return [EncodedFrame(track, codec, number * PACKET_NS, True, data) for number, data in enumerate(packets)]


def open_mix(*tracks: str) -> SoundMix:
    mix = SoundMix()
    for track in tracks:
        mix.add(Source(track, f"owner of {track}", SourceKind.AUDIO, stage=False))
    return mix


class Playback:
    """Renders the mix tick by tick and pushes each frame a second before it is due, as a bot in real time does."""

    def __init__(self, mix: SoundMix, coming: Iterable[EncodedFrame], begin: int = 0) -> None:
        self._mix = mix
        self._waiting = iter(coming)
        self._frame = next(self._waiting, None)
        self.position = begin

    def record(self, seconds: float, tick: Callable[[int], int] | None = None) -> Sound:
        blocks = [np.zeros((2, 0), np.float32)]
        end = self.position + round(seconds * RATE)
        while self.position < end:
            while self._frame is not None and self._frame.pts_ns < (self.position + RATE) * 1_000_000_000 // RATE:
                self._mix.push(self._frame)
                self._frame = next(self._waiting, None)
            count = min(tick(len(blocks)) if tick else 1600, end - self.position)
            blocks.append(self._mix.render(self.position, count))
            self.position += count
        return np.concatenate(blocks, axis=1)


def record(
    mix: SoundMix,
    coming: Iterable[EncodedFrame],
    seconds: float,
    begin: int = 0,
    tick: Callable[[int], int] | None = None,
) -> Sound:
    """One playback from sample `begin` on."""
    return Playback(mix, coming, begin).record(seconds, tick)


def loudest_frequency(channel: Sound) -> float:
    spectrum = np.abs(np.fft.rfft(channel * np.hanning(len(channel))))
    return float(spectrum.argmax()) * RATE / len(channel)


def decibels(ratio: float) -> float:
    return float(20 * np.log10(ratio))


def rms(sound: Sound) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


def roughest(sound: Sound) -> float:
    """The largest second difference: a click has one far above what the sound itself has."""
    return float(np.abs(np.diff(sound, 2)).max())


def pulse_lag(sound: Sound, at: int) -> int:
    """Samples by which the pulse that should begin at `at` comes late."""
    around = sound[0, at - 1200 : at + 960 + 1200]
    return int(np.correlate(around, pulse(), "valid").argmax()) - 1200
