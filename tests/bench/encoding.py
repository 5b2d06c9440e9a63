"""The product's x264 settings, for those it is compared with, and proof that they are the same.

The product tells x264 each picture's quantiser (mixer/output/rate.py); the others let x264 choose, at the same `crf`
and under the same ceiling, which costs it a look at every picture at half its size.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import av
from av.codec.context import ThreadType
from av.video.codeccontext import VideoCodecContext

from mixer.output.hardware import describe
from mixer.output.rate import CEILING_S
from mixer.output.settings import OutputSettings
from mixer.output.x264 import ANALYSIS, ladder, open_x264
from tests.bench.peers.cost import PeerError

_AS_TOLD = {"keyint": "infinite"}  # keyframes where they are asked for, as the product's
# Of what x264 writes into its first picture: what says how much work it does.
_TOLD = (
    *("cabac", "ref", "deblock", "analyse", "me", "subme", "psy", "mixed_ref", "me_range", "chroma_me", "trellis"),
    *("8x8dct", "fast_pskip", "threads", "sliced_threads", "slices", "bframes", "weightp", "scenecut", "rc_lookahead"),
    *("rc", "mbtree", "crf", "qcomp", "vbv_maxrate", "vbv_bufsize", "aq"),
)
# Who chooses the quantisers, and how.
_CHOICE = frozenset({"rc", "crf", "qcomp", "vbv_maxrate", "vbv_bufsize"})


def open_encoder(settings: OutputSettings) -> VideoCodecContext:
    """x264 through libavcodec: set up as the product's at full quality, but that it chooses every picture's quantiser
    itself, under the same ceiling."""
    context = av.CodecContext.create("libx264", "w")
    describe(context, settings)
    context.thread_count = settings.encoder_threads
    context.thread_type = ThreadType.SLICE
    params = _joined(_params(settings) | _AS_TOLD)
    context.options = {**x264_options(settings), "forced-idr": "1", "x264-params": params}
    context.open()
    return context


def x264_options(settings: OutputSettings) -> Mapping[str, str]:
    """The same for the `ffmpeg` command line, with a keyframe where a fragment would begin."""
    ceiling = settings.max_bitrate_kbps
    effort = ladder(settings.preset)[0]
    return {
        "preset": effort.preset,
        "profile": "high",
        "crf": str(settings.crf + effort.coarser),
        "maxrate": f"{ceiling}k",
        "bufsize": f"{ceiling * CEILING_S}k",
        "threads": str(settings.encoder_threads),
        "x264-params": _joined(_params(settings)),
    }


def x264_arguments(settings: OutputSettings) -> list[str]:
    """As words of its command line."""
    return [
        "-c:v",
        "libx264",
        *(part for name, value in x264_options(settings).items() for part in (f"-{name}", value)),
    ]


def x264enc_properties(settings: OutputSettings) -> Mapping[str, str]:
    """The same for GStreamer's x264enc, which takes its rate control from its own properties only."""
    effort = ladder(settings.preset)[0]
    return {
        "speed-preset": effort.preset,
        "pass": "qual",
        "quantizer": f"{settings.crf + effort.coarser:.0f}",
        "bitrate": str(settings.max_bitrate_kbps),
        "vbv-buf-capacity": str(CEILING_S * 1000),
        "threads": str(settings.encoder_threads),
        "option-string": _joined(_params(settings)),
    }


def check_same(settings: OutputSettings, recording: Path) -> None:
    """What x264 says of itself in the peer's recording is what it says in the floor's, and, but for who chooses the
    quantisers, in ours. Raises PeerError."""
    own = _told(open_x264(settings, ladder(settings.preset)[0], 0).signature)
    context = open_encoder(settings)
    frame = av.VideoFrame(settings.width, settings.height, "yuv420p")
    frame.pts = 0
    ours = _told(b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)]))
    theirs = _told(recording.read_bytes()[: 1 << 20] if recording.exists() else b"")
    differing = [f"{name} {ours.get(name)}/{theirs.get(name)}" for name in _TOLD if ours.get(name) != theirs.get(name)]
    compared = own.keys() & set(_TOLD) - _CHOICE
    differing += [f"{name} {own[name]}/{theirs.get(name)}" for name in compared if own[name] != theirs.get(name)]
    if differing or not ours or not own:
        raise PeerError(f"x264 runs with other settings (ours/theirs): {', '.join(differing) or 'unknown'}.")


def _told(data: bytes) -> dict[str, str]:
    found = re.search(rb"x264 - core [^\0]*options: ([^\0\x80]*)", data)
    return dict(item.split("=", 1) for item in found[1].decode().split()) if found else {}


def _params(settings: OutputSettings) -> dict[str, str]:
    """With a keyframe where a fragment would begin."""
    shared = {name: str(value) for name, value in (ANALYSIS | dict(ladder(settings.preset)[0].options)).items()}
    return shared | {"keyint": str(settings.fragment_ticks), "min-keyint": "1"}


def _joined(params: Mapping[str, str]) -> str:
    return ":".join(f"{name}={value}" for name, value in params.items())
