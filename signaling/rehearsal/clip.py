"""Encoded media: pictures and sound packets of one loop, ready to be put into RTP packets.

A loop of pictures consists of groups of `GROUP_SECONDS`, each from an encoder of its own, so that a group never leans
on another and can be encoded again from any picture on: that is how a keyframe is given to whoever asks for one.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
import numpy as np

from signaling.rehearsal.encoding import SOUND_ENCODERS, VIDEO_ENCODERS, SoundEncoding, VideoCodec, VideoEncoding
from signaling.rehearsal.picture import Planes, Scene, draw_picture
from signaling.rehearsal.priority import kept_priority
from signaling.rehearsal.rhythm import LOOP_SECONDS, SECOND_NS
from signaling.rehearsal.sound import Samples, draw_sound

os.environ.setdefault("SVT_LOG", "1")  # SVT-AV1 writes its settings to standard error otherwise; 1: errors only

GROUP_SECONDS = 2
PACKETS_PER_SECOND = 50
PACKET_NS = SECOND_NS // PACKETS_PER_SECOND
_OPUS = {"frame_duration": "20", "vbr": "constrained", "application": "audio", "compression_level": "3"}
_OPUS_WITH_FEC = _OPUS | {"application": "voip", "fec": "1", "packet_loss": "20"}
_OPUS_DELAY = 312  # samples of look-ahead in libopus: what a packet decodes to is that much older than what went in
_WARM_UP = 10  # packets encoded and thrown away, so that the loop has no seam


@dataclass(frozen=True, slots=True)
class Picture:
    data: bytes
    keyframe: bool


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """All that the encoded pictures depend on."""

    publication: int
    stage: bool
    encoding: VideoEncoding
    layer: int = 0
    blank: bool = False

    @property
    def scene(self) -> Scene:
        one = self.encoding
        return Scene(
            self.publication,
            self.stage,
            one.width,
            one.height,
            one.fps,
            self.layer,
            one.grain,
            self.blank,
            bt709=one.codec is not VideoCodec.VP8,
        )

    @property
    def group(self) -> int:
        """Pictures from one natural keyframe to the next."""
        return GROUP_SECONDS * self.encoding.fps

    @property
    def length(self) -> int:
        """Pictures in the loop."""
        return LOOP_SECONDS * self.encoding.fps


@dataclass(frozen=True, slots=True)
class SoundRequest:
    publication: int
    encoding: SoundEncoding
    silent: bool = False  # a microphone that is muted but still sends


def encode_pictures(request: PictureRequest, first: int, count: int) -> Iterator[Picture]:
    """`count` pictures from number `first` on, the first one a keyframe; each as soon as it is encoded."""
    encoding = request.encoding
    encoder = VIDEO_ENCODERS[encoding.codec]
    context = cast("av.VideoCodecContext", av.CodecContext.create(encoder.library, "w"))
    context.width, context.height, context.pix_fmt = encoding.width, encoding.height, "yuv420p"
    context.framerate, context.time_base = Fraction(encoding.fps), Fraction(1, encoding.fps)
    context.bit_rate, context.gop_size, context.max_b_frames = encoding.kbps * 1000, 1000, 0
    context.thread_count = 1
    context.color_range, context.colorspace = 1, _matrix(request)
    context.options = encoder.options | {"keyint_min": "1000"}  # one keyframe: the first
    with kept_priority():
        context.open()
    for number in range(first, first + count):
        frame = _frame(draw_picture(request.scene, number), _matrix(request))
        frame.pts = number - first
        yield from _pictures(context.encode(frame))
    yield from _pictures(context.encode(None))


def encode_sound(request: SoundRequest) -> list[bytes]:
    """The packets of one loop. What packet n decodes to sounds from n * 20 ms of room time on, to the sample."""
    encoding = request.encoding
    encoder = SOUND_ENCODERS[encoding.codec]
    samples = encoder.sample_rate // PACKETS_PER_SECOND
    context = cast("av.AudioCodecContext", av.CodecContext.create(encoder.library, "w"))
    opus = encoder.library == "libopus"
    context.sample_rate, context.layout = encoder.sample_rate, "stereo" if encoding.channels == 2 else "mono"
    context.format = "flt" if opus else "s16"
    if opus:
        context.bit_rate = encoding.kbps * 1000
        context.options = _OPUS_WITH_FEC if encoding.fec else _OPUS
    packets: list[bytes] = []
    ahead = _OPUS_DELAY if opus else 0
    for index in range(-_WARM_UP, LOOP_SECONDS * PACKETS_PER_SECOND):
        level = 0.0 if request.silent else encoding.level
        mono = draw_sound(request.publication, encoder.sample_rate, index * samples + ahead, samples, level)
        packets += (
            bytes(packet) for packet in context.encode(_block(mono, encoding.channels, encoder.sample_rate, opus))
        )
    packets += (bytes(packet) for packet in context.encode(None))
    return packets[_WARM_UP : _WARM_UP + LOOP_SECONDS * PACKETS_PER_SECOND]


def _pictures(packets: "list[av.Packet[av.VideoStream]]") -> Iterator[Picture]:
    for packet in packets:
        yield Picture(bytes(packet), packet.is_keyframe)


def _matrix(request: PictureRequest) -> int:
    """As H.273 numbers them: 1 is BT.709, 6 is BT.601."""
    return 1 if request.scene.bt709 else 6


def _frame(planes: Planes, matrix: int) -> av.VideoFrame:
    height, width = planes[0].shape
    packed = np.concatenate([plane.reshape(-1) for plane in planes]).reshape(height * 3 // 2, width)
    frame = av.VideoFrame.from_ndarray(packed, format="yuv420p")
    frame.color_range, frame.colorspace = 1, matrix
    return frame


def _block(mono: Samples, channels: int, sample_rate: int, float_samples: bool) -> av.AudioFrame:
    """Interleaved, as the encoders want it."""
    layout, packed = "stereo" if channels == 2 else "mono", np.repeat(mono, channels).reshape(1, -1)
    if float_samples:
        block = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
    else:
        block = av.AudioFrame.from_ndarray(np.round(packed * 32767).astype(np.int16), format="s16", layout=layout)
    block.sample_rate = sample_rate
    return block
