"""Pictures to H.264."""

from fractions import Fraction

import av
from av.codec.context import Flags, ThreadType
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.stream import VideoStream

from mixer.errors import OutputError
from mixer.mp4.sample import Sample
from mixer.mp4.track import PICTURE, Track, avc1
from mixer.output.settings import OutputSettings

UNITS = 1000  # of the track's timescale in one tick

_BT709 = 1
_LIMITED = 1
_CEILING_S = 2  # the bitrate's ceiling holds over this time
_B_PICTURES = 2
_REORDER = 1  # pictures that decoding runs ahead of showing: 1 with B-pictures that nothing refers to

# What bounds the delay to 3 pictures and makes every keyframe ours, whatever the preset would have chosen.
_X264 = {
    "annexb": 0,  # lengths in place of start codes: as MP4 stores it
    "bframes": _B_PICTURES,
    "b-pyramid": "none",
    "rc-lookahead": 0,
    "sync-lookahead": 0,
    "mbtree": 0,
    "scenecut": 0,
    "keyint": "infinite",
    "open-gop": 0,
}


class PictureEncoder:
    """Every group of pictures is closed and begins a fragment; `encode` is told where one begins.

    Holds back 3 pictures (B-pictures): they come out with later ones, at the latest at `flush`.
    """

    def __init__(self, settings: OutputSettings, track_id: int) -> None:
        self._context = _open(settings)
        configuration = self._context.extradata
        if not configuration:
            raise OutputError(
                "The H.264 encoder of this build of libavcodec gives no parameter sets; use another build."
            )
        self.track = Track(
            id=track_id,
            handler=PICTURE,
            timescale=settings.fps * UNITS,
            entry=avc1(settings.width, settings.height, bytes(configuration)),
            media_start=_REORDER * UNITS,
            width=settings.width,
            height=settings.height,
        )
        self._time_base = Fraction(1, settings.fps)

    def encode(self, frame: av.VideoFrame, tick: int, *, keyframe: bool) -> list[Sample]:
        """`frame` is changed (pts, time base, picture type), and not looked at any more after the return."""
        frame.pts = tick
        frame.time_base = self._time_base
        frame.pict_type = PictureType.I if keyframe else PictureType.NONE
        return [self._sample(packet) for packet in self._context.encode(frame)]

    def flush(self) -> list[Sample]:
        """What was held back. Nothing can be encoded after that."""
        return [self._sample(packet) for packet in self._context.encode(None)]

    def _sample(self, packet: "av.Packet[VideoStream]") -> Sample:
        if packet.pts is None or packet.dts is None:
            raise OutputError(
                "The H.264 encoder gave a picture without a time; this build of libavcodec cannot be used."
            )
        dts = max(0, packet.dts + _REORDER)  # below 0 only when the second tick of a file is left out
        shift = packet.pts + _REORDER - dts
        return Sample(dts * UNITS, UNITS, shift * UNITS, packet.is_keyframe, bytes(packet))


def _open(settings: OutputSettings) -> VideoCodecContext:
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height = settings.width, settings.height
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, settings.fps)
    context.framerate = Fraction(settings.fps)
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED
    context.flags |= Flags.global_header | Flags.closed_gop
    context.thread_count = settings.encoder_threads
    context.thread_type = ThreadType.SLICE
    context.options = {
        "preset": settings.preset,
        "profile": "high",
        "crf": str(settings.crf),
        "maxrate": str(settings.max_bitrate_kbps * 1000),
        "bufsize": str(settings.max_bitrate_kbps * 1000 * _CEILING_S),
        "forced-idr": "1",
        "x264-params": ":".join(f"{name}={value}" for name, value in _X264.items()),
    }
    try:
        context.open()
    except (av.FFmpegError, ValueError) as error:
        raise OutputError(
            f"The H.264 encoder refuses {settings.width}x{settings.height} at {settings.fps} fps with preset"
            f" {settings.preset} ({error}). Choose other settings."
        ) from error
    return context
