"""The product's x264 settings, for those it is compared with, and proof that they are the same."""

import re
from collections.abc import Mapping
from pathlib import Path

import av
from av.video.codeccontext import VideoCodecContext

from mixer.output import x264
from mixer.output.settings import OutputSettings
from mixer.output.x264 import ladder, open_x264
from tests.bench.peers.cost import PeerError

# These say how the result is packed, or force keyframes from outside.
_OURS_ALONE = frozenset({"annexb", "sps-id", "keyint"})
# Of what x264 writes into its first picture: what says how much work it does.
_TOLD = (
    *("cabac", "ref", "deblock", "analyse", "me", "subme", "psy", "mixed_ref", "me_range", "chroma_me", "trellis"),
    *("8x8dct", "fast_pskip", "threads", "sliced_threads", "slices", "bframes", "weightp", "scenecut", "rc_lookahead"),
    *("rc", "mbtree", "crf", "qcomp", "vbv_maxrate", "vbv_bufsize", "aq"),
)


def open_encoder(settings: OutputSettings) -> VideoCodecContext:
    """x264 through libavcodec, exactly as the product opens it at full quality."""
    return open_x264(settings, ladder(settings.preset)[0], 0)


def x264_options(settings: OutputSettings) -> Mapping[str, str]:
    """The same for the `ffmpeg` command line, with a keyframe where a fragment would begin."""
    ceiling = settings.max_bitrate_kbps
    effort = ladder(settings.preset)[0]
    return {
        "preset": effort.preset,
        "profile": "high",
        "crf": str(settings.crf + effort.coarser),
        "maxrate": f"{ceiling}k",
        "bufsize": f"{ceiling * x264.CEILING_S}k",
        "threads": str(settings.encoder_threads),
        "x264-params": ":".join(f"{name}={value}" for name, value in _params(settings).items()),
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
        "vbv-buf-capacity": str(x264.CEILING_S * 1000),
        "threads": str(settings.encoder_threads),
        "option-string": ":".join(f"{name}={value}" for name, value in _params(settings).items()),
    }


def check_same(settings: OutputSettings, recording: Path) -> None:
    """What x264 says of itself in the peer's recording is what it says in ours. Raises PeerError."""
    context = open_encoder(settings)
    frame = av.VideoFrame(settings.width, settings.height, "yuv420p")
    frame.pts = 0
    ours = _told(b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)]))
    theirs = _told(recording.read_bytes()[: 1 << 20] if recording.exists() else b"")
    differing = [f"{name} {ours.get(name)}/{theirs.get(name)}" for name in _TOLD if ours.get(name) != theirs.get(name)]
    if differing or not ours:
        raise PeerError(f"x264 runs with other settings (ours/theirs): {', '.join(differing) or 'unknown'}.")


def _told(data: bytes) -> dict[str, str]:
    found = re.search(rb"x264 - core [^\0]*options: ([^\0\x80]*)", data)
    return dict(item.split("=", 1) for item in found[1].decode().split()) if found else {}


def _params(settings: OutputSettings) -> dict[str, str]:
    effort = ladder(settings.preset)[0]
    shared = {name: str(value) for name, value in (x264._X264 | dict(effort.options)).items()}
    kept = {name: value for name, value in shared.items() if name not in _OURS_ALONE}
    return kept | {
        "keyint": str(settings.fragment_ticks),
        "min-keyint": "1",
        "sliced-threads": "1",
    }
