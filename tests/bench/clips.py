"""The inputs of the mixer's benchmark: encoded once, kept in .cache/bench, read as encoded frames.

Made anew when this file, the pictures or the scenes have changed.
"""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.bitstream import BitStreamFilterContext

from mixer.decode.picture import planes_of
from mixer.frame import Codec, EncodedFrame
from tests.bench import scenery, scenes
from tests.bench.scenes import MixScene, Sending

FOLDER = Path(__file__).parents[2] / ".cache" / "bench"

# As a browser sends: one keyframe at the start, no frame held back.
_ENCODERS = {
    Codec.VP8: ("libvpx", {"deadline": "realtime", "cpu-used": "16", "lag-in-frames": "0", "error-resilient": "1"}),
    Codec.H264: ("libx264", {"preset": "veryfast", "tune": "zerolatency", "profile": "baseline"}),
}


@dataclass(frozen=True, slots=True)
class Clip:
    """One publication. `path` is a file that other programs play, too. Those of one kind differ by their `index`."""

    track: str
    index: int
    sending: Sending
    codec: Codec
    path: Path

    def frames(self) -> list[EncodedFrame]:
        """In order, pts from 0."""
        with av.open(str(self.path)) as container:
            stream = container.streams.video[0]
            annexb = BitStreamFilterContext("h264_mp4toannexb", stream) if self.codec is Codec.H264 else None
            packets: list[av.Packet[Any]] = []
            for packet in container.demux(stream):
                packets += annexb.filter(packet) if annexb else [packet]
            data = [(bytes(packet), packet.is_keyframe) for packet in packets if packet.size]
        return [
            EncodedFrame(self.track, self.codec, number * 1_000_000_000 // self.sending.fps, keyframe, frame)
            for number, (frame, keyframe) in enumerate(data)
        ]


def clips(scene: MixScene, media_s: int, codec: Codec = Codec.VP8) -> list[Clip]:
    """Those of a scene, each as long as is asked for; makes what is missing."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = []
    for sending in scene.sendings:
        for index in range(sending.count):
            track = f"{'stage' if sending.stage else 'camera'}{index}"
            wanted.append(Clip(track, index, sending, codec, FOLDER / _name(sending, index, media_s, codec)))
    missing = [clip for clip in wanted if not clip.path.exists()]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda clip: _make(clip, media_s), missing))
    return wanted


def _name(sending: Sending, index: int, media_s: int, codec: Codec) -> str:
    container = "webm" if codec is Codec.VP8 else "mp4"
    shape = f"{sending.width}x{sending.height}p{sending.fps}-{sending.kbps}k"
    return f"{_edition()}-{sending.content}{index}-{shape}-{media_s}s.{container}"


@cache
def _edition() -> str:
    sources = (__file__, scenery.__file__, scenes.__file__)
    return hashlib.sha256(b"".join(Path(source).read_bytes() for source in sources)).hexdigest()[:8]


def _make(clip: Clip, media_s: int) -> None:
    sending = clip.sending
    unfinished = clip.path.with_name(f"{os.getpid()}-{clip.path.name}")
    name, options = _ENCODERS[clip.codec]
    with av.open(str(unfinished), "w") as container:
        stream = container.add_stream(name, rate=sending.fps, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = sending.width, sending.height, "yuv420p"
        stream.codec_context.bit_rate = sending.kbps * 1000
        stream.codec_context.gop_size = 3000
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = Fraction(1, sending.fps)
        for number, picture in enumerate(scenery.pictures(sending, clip.index, media_s * sending.fps)):
            frame = av.VideoFrame(sending.width, sending.height, "yuv420p")
            for part, into in zip(picture, planes_of(frame), strict=True):
                np.copyto(into, part)
            frame.pts = number
            frame.time_base = Fraction(1, sending.fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    unfinished.rename(clip.path)
