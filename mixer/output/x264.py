"""x264 by way of libavcodec: how it is set up, and the ladder of its presets."""

from dataclasses import dataclass
from fractions import Fraction

import av
from av.codec.context import Flags, ThreadType
from av.video.codeccontext import VideoCodecContext

from mixer.errors import OutputError
from mixer.output.settings import OutputSettings

_BT709 = 1
_LIMITED = 1
CEILING_S = 2  # the bitrate's ceiling holds over this time


@dataclass(frozen=True, slots=True)
class Effort:
    """One way to set x264 up."""

    preset: str
    coarser: int = 0  # added to the quality that is asked for
    options: tuple[tuple[str, int | str], ...] = ()


# A fifth less processor time than the plain preset at the same VMAF, for a sixth to a quarter more bits:
# variable-length codes in place of arithmetic ones, and no search between pixels. Without the small partitions nothing
# more is saved.
_THRIFTY = (("cabac", 0), ("subme", 0))

# From the dearest to the cheapest. Of what `superfast` takes in scenes of the benchmark: medium 3.0 to 3.3,
# veryfast 1.8, ultrafast 0.84 to 0.9, and coarser 0.63 to 0.93.
_LADDER = (
    Effort("medium"),
    Effort("veryfast"),
    Effort("superfast", options=_THRIFTY),
    Effort("ultrafast"),
    Effort("ultrafast", coarser=8),
)

# What makes every keyframe ours and bounds the delay to one picture, whatever the preset would have chosen. B-pictures
# and more references would make the files smaller by a quarter, but leave no place for stills (still.py).
_X264: dict[str, int | str] = {
    "annexb": 0,  # lengths in place of start codes: as MP4 stores it
    "bframes": 0,
    "ref": 1,
    "weightp": 0,
    # Adaptive quantisation takes bits from letters and faces: without it VMAF is 0.6 higher in grids at the same crf
    # for fewer bits, and a picture costs a little less.
    "aq-mode": 0,
    "rc-lookahead": 0,
    "sync-lookahead": 0,
    "mbtree": 0,
    "scenecut": 0,
    "keyint": "infinite",
    "open-gop": 0,
}

# x264 begins as if nothing had been sent lately, and spends that at once. Room for an IDR picture is enough.
_NO_CREDIT: dict[str, int | str] = {"vbv-init": "0.1"}


def ladder(preset: str) -> tuple[Effort, ...]:
    """`preset` and everything that is cheaper."""
    presets = [effort.preset for effort in _LADDER]
    if preset in presets:  # the first with that name
        return _LADDER[presets.index(preset) :]
    return (Effort(preset), *ladder("veryfast"))


def open_x264(settings: OutputSettings, effort: Effort, number: int, *, goes_on: bool = False) -> VideoCodecContext:
    """`number` is that of its parameter sets. `goes_on`: pictures of another encoder are in front of its own, and the
    ceiling holds over both. Raises OutputError."""
    context = av.CodecContext.create("libx264", "w")
    describe(context, settings)
    context.thread_count = settings.encoder_threads
    context.thread_type = ThreadType.SLICE
    options = _X264 | dict(effort.options) | {"sps-id": number} | (_NO_CREDIT if goes_on else {})
    context.options = {
        "preset": effort.preset,
        "profile": "high",
        "crf": str(settings.crf + effort.coarser),
        "maxrate": str(settings.max_bitrate_kbps * 1000),
        "bufsize": str(settings.max_bitrate_kbps * 1000 * CEILING_S),
        "forced-idr": "1",
        "x264-params": ":".join(f"{name}={value}" for name, value in options.items()),
    }
    try:
        context.open()
    except (av.FFmpegError, ValueError) as error:
        raise OutputError(
            f"The H.264 encoder refuses {settings.width}x{settings.height} at {settings.fps} fps with preset"
            f" {effort.preset} ({error}). Choose other settings."
        ) from error
    return context


def describe(context: VideoCodecContext, settings: OutputSettings) -> None:
    """What every encoder is told of the pictures."""
    context.width, context.height = settings.width, settings.height
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, settings.fps)
    context.framerate = Fraction(settings.fps)
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED
    context.flags |= Flags.global_header | Flags.closed_gop
