"""H.264 encoders in hardware, by way of libavcodec: which there are, and whether this machine's one can be used.

They share what MP4 and the fragments need: no reordering, a keyframe where one is asked for, next to no delay. A driver
may promise that and not do it, so that each is tried before it is trusted.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.stream import VideoStream

from mixer.decode.picture import planes_of
from mixer.errors import OutputError
from mixer.layout.tile import Rect
from mixer.mp4.sample import Sample
from mixer.mp4.track import Track
from mixer.output.parameter_sets import nal_units, parameter_sets
from mixer.output.picture_encoder import UNITS, picture_track
from mixer.output.rate import CEILING_S
from mixer.output.settings import OutputSettings

_BT709 = 1
_LIMITED = 1
_IN_BAND = frozenset({7, 8, 9})  # NAL units that a sample goes without: parameter sets, delimiters
_IDR = 5
_TRIED = 12  # pictures
_KEYFRAMES = frozenset({0, 5})  # of them
_MOST_HELD = 1  # pictures: the fragments' length leaves room for so many
_LEAST_PSNR = 25.0


@dataclass(frozen=True, slots=True)
class Hardware:
    """How an encoder is asked for constant quality under a ceiling, without B-pictures or delay.

    `quality` is the option that takes the value of `crf`. Where it is empty the encoder only knows a bitrate: it is
    given the ceiling.
    """

    pix_fmt: str
    quality: str
    options: Mapping[str, str] = field(default_factory=dict)


# In the order of trying. VAAPI is not among them: it takes pictures from its own memory only.
HARDWARE: Mapping[str, Hardware] = {
    "h264_nvenc": Hardware(
        "yuv420p",
        "cq",
        {
            "preset": "p4",
            "rc": "vbr",
            "bf": "0",
            "forced-idr": "1",
            "delay": "0",
            "zerolatency": "1",
            "no-scenecut": "1",
        },
    ),
    "h264_qsv": Hardware(
        "nv12", "global_quality", {"preset": "faster", "bf": "0", "forced_idr": "1", "async_depth": "1"}
    ),
    "h264_amf": Hardware(
        "yuv420p", "qvbr_quality_level", {"usage": "lowlatency", "rc": "qvbr", "bf": "0", "forced_idr": "1"}
    ),
    "h264_videotoolbox": Hardware("yuv420p", "", {"realtime": "1", "bf": "0", "allow_sw": "0"}),
    "h264_v4l2m2m": Hardware("yuv420p", "", {"bf": "0"}),
}


class HardwareEncoder:
    """Like PictureEncoder (picture_encoder.py), with one level of effort: the processor has nothing to save here. A
    picture that did not change is encoded once more."""

    efforts = 1
    wants_group = False

    def __init__(self, name: str, hardware: Hardware, settings: OutputSettings, track_id: int) -> None:
        """Raises OutputError when there is no such encoder or it refuses the settings."""
        self._settings = settings
        self._hardware = hardware
        self._context = _open(name, hardware, settings)
        try:
            sets = parameter_sets(bytes(self._context.extradata or b""))
        except ValueError as error:
            raise OutputError(f"{name} cannot be used: {error}.") from error
        self.track = picture_track(track_id, settings, sets.sps, [sets.pps])

    def set_effort(self, level: int) -> None: ...

    def encode(
        self,
        frame: av.VideoFrame,
        tick: int,
        *,
        keyframe: bool,
        changed: bool = True,
        within: Sequence[Rect] | None = None,
    ) -> list[Sample]:
        if self._hardware.pix_fmt != "yuv420p":
            frame = frame.reformat(format=self._hardware.pix_fmt)
        frame.pts = tick
        frame.time_base = Fraction(1, self._settings.fps)
        frame.pict_type = PictureType.I if keyframe else PictureType.NONE
        return [_sample(packet) for packet in self._context.encode(frame)]

    def flush(self) -> list[Sample]:
        return [_sample(packet) for packet in self._context.encode(None)]


def describe(context: VideoCodecContext, settings: OutputSettings) -> None:
    """What every encoder of libavcodec is told of the pictures."""
    context.width, context.height = settings.width, settings.height
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, settings.fps)
    context.framerate = Fraction(settings.fps)
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED
    context.flags |= Flags.global_header | Flags.closed_gop


def _open(name: str, hardware: Hardware, settings: OutputSettings) -> VideoCodecContext:
    ceiling = settings.max_bitrate_kbps * 1000
    try:
        context = av.CodecContext.create(name, "w")
        assert isinstance(context, VideoCodecContext)
        describe(context, settings)
        context.pix_fmt = hardware.pix_fmt
        context.gop_size = 1 << 20
        context.max_b_frames = 0
        options = {**hardware.options, "maxrate": str(ceiling), "bufsize": str(ceiling * CEILING_S)}
        if hardware.quality:
            options[hardware.quality] = str(settings.crf)
        else:
            context.bit_rate = ceiling
        context.options = options
        context.open()
    except (av.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not in this build of libavcodec"
        raise OutputError(f"{name} cannot be opened ({reason}).") from error
    return context


def _sample(packet: "av.Packet[VideoStream]") -> Sample:
    if packet.pts is None or packet.dts != packet.pts:
        raise OutputError("The hardware encoder changed the order of pictures; set `encoder` to x264.")
    units = [unit for unit in nal_units(bytes(packet)) if unit[0] & 0x1F not in _IN_BAND]
    data = b"".join(struct.pack(">I", len(unit)) + unit for unit in units)
    return Sample(packet.pts * UNITS, UNITS, 0, any(unit[0] & 0x1F == _IDR for unit in units), data)


def trial(name: str, hardware: Hardware, settings: OutputSettings) -> str | None:
    """Encodes a few pictures and looks at them. None when all is well, else what is wrong."""
    try:
        encoder = HardwareEncoder(name, hardware, settings, 1)
        given, samples = [_picture(settings, number) for number in range(_TRIED)], []
        for tick, frame in enumerate(given):
            samples += encoder.encode(frame, tick, keyframe=tick in _KEYFRAMES)
            if len(samples) < tick + 1 - _MOST_HELD:
                return f"{name} holds back too many pictures"
        samples += encoder.flush()
    except OutputError as error:
        return str(error).rstrip(".")
    except (av.FFmpegError, ValueError) as error:
        return f"{name} fails ({error})"
    if [sample.dts for sample in samples] != [tick * UNITS for tick in range(_TRIED)]:
        return f"{name} loses pictures"
    if {number for number, sample in enumerate(samples) if sample.keyframe} != _KEYFRAMES:
        return f"{name} makes no keyframes where they are asked for"
    problem = _seen(encoder.track, given, samples)
    return problem and f"{name}: {problem}"


def _picture(settings: OutputSettings, number: int) -> av.VideoFrame:
    """Slanted stripes that move."""
    frame = av.VideoFrame(settings.width, settings.height, "yuv420p")
    for index, plane in enumerate(planes_of(frame)):
        rows, columns = np.ogrid[: plane.shape[0], : plane.shape[1]]
        plane[:] = 128 if index else 40 + (rows + 2 * columns + 9 * number) // 4 % 160
    return frame


def _seen(track: Track, given: Sequence[av.VideoFrame], samples: Sequence[Sample]) -> str | None:
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.extradata = track.entry[track.entry.index(b"avcC") + 4 :]
    try:
        packets = [av.Packet(sample.data) for sample in samples]
        shown = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    except av.FFmpegError as error:
        return f"its pictures cannot be decoded: {error}"
    if len(shown) != len(given):
        return "pictures cannot be decoded"
    for wanted, got in zip(given, shown, strict=True):
        one, other = planes_of(wanted)[0].astype(float), planes_of(got)[0]
        if 10 * np.log10(255**2 / max(float(np.square(one - other).mean()), 1e-9)) < _LEAST_PSNR:
            return "its pictures are not those that were put in"
    return None
