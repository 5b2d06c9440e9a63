"""The floor in the mixer's benchmark: what no mixer can do without, each alone, on the frames and pictures of ours.

- decode: every frame that was sent, once, by libavcodec, one thread a track;
- scale: every decoded picture, once, from its planes to the size of its tile, by the filters that the product uses:
  OpenCV's linear one (halved first below half the size), libswscale's bicubic for the luma of the stage. No crop, no
  canvas, no colours;
- encode: every picture that our mix made, those that did not change included, by x264 through libavcodec with the
  product's own settings and keyframes at the same ticks. No container;
- encode, told: the same once more by x264's own interface with quantisers that it is told, as the product does it; but
  of what rests in a picture it is told nothing. Not part of the floor, but of the stricter one beside it.

CPU is user and system time of this process within each of them; nothing is written, and no sound is involved.
"""

import json
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.codec import Codec as LibavCodec
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import Interpolation, VideoReformatter

from mixer.decode.picture import planes_of
from mixer.output.rate import Rate
from mixer.output.settings import OutputSettings
from mixer.output.x264 import ladder, open_x264
from mixer.picture.scaling import linear
from tests.bench.clips import Clip, clips
from tests.bench.encoding import open_encoder
from tests.bench.job import FPS, Job
from tests.bench.pictures import SharedPictures

cv2.ipp.setUseIPP_NotExact(True)
# Decoding and scaling take turns after so many ticks: pictures go from one to the other while the cache still has them.
TURN = 3
# x264's threads go on with a picture when it has been given back; sleeping takes no processor time.
AFTERMATH_S = 0.003


class Track:
    """One clip: its packets, its decoder, its scaler."""

    def __init__(self, clip: Clip) -> None:
        self._frames = clip.frames()
        self._next = 0
        self._stage = clip.sending.stage
        context = LibavCodec(clip.codec, "r").create()
        assert isinstance(context, VideoCodecContext)
        context.thread_count = 1
        self._context = context
        self._reformatter = VideoReformatter()
        self._target: tuple[int, int] | None = None
        self._planes: list[np.ndarray] = []

    def packets(self, end_ns: int) -> list["av.Packet[Any]"]:
        first = self._next
        while self._next < len(self._frames) and self._frames[self._next].pts_ns < end_ns:
            self._next += 1
        return [av.Packet(frame.data) for frame in self._frames[first : self._next]]

    def decode(self, packets: list["av.Packet[Any]"]) -> list[av.VideoFrame]:
        return [frame for packet in packets for frame in self._context.decode(packet)]

    def aim(self, width: int, height: int) -> None:
        """The size of the tile."""
        if self._target != (width, height):
            self._target = (width, height)
            self._planes = [np.empty((height // k, width // k), np.uint8) for k in (1, 2, 2)]

    def scale(self, frame: av.VideoFrame) -> None:
        assert self._target is not None
        width, height = self._target
        planes = list(zip(planes_of(frame), self._planes, strict=True))
        if self._stage:
            luma = av.VideoFrame.from_numpy_buffer(planes.pop(0)[0], "gray")
            self._reformatter.reformat(luma, width, height, interpolation=Interpolation.BICUBIC, threads=1)
        for plane, into in planes:
            linear(plane, into)


class Floor:
    """The three parts, fed half a second at a time."""

    def __init__(self, job: Job, pictures: SharedPictures) -> None:
        settings = job.output
        self._tracks = {clip.track: Track(clip) for clip in clips(job.mix_scene, job.media_s, job.mix_codec)}
        self._pictures = pictures
        self._encoder = open_encoder(settings)
        self._group_ticks = settings.fragment_ticks
        self._told = open_x264(settings, ladder(settings.preset)[0], 0)
        self._rate = Rate(settings.quantiser, settings.max_bitrate_kbps, settings.fps)
        self._frames = [av.VideoFrame(job.width, job.height, "yuv420p") for _ in range(job.slots)]
        self._keyframes = keyframe_ticks(settings)
        self._next_keyframe = next(self._keyframes)
        self._tick = 0
        self.keyframes = 0
        self.cpu_s = {"decode": 0.0, "scale": 0.0, "encode": 0.0, "encode_told": 0.0}

    def run(self, news: list[bool], tiles: list[dict[str, Any]]) -> None:
        """As many ticks as `news` is long; what is not new is the picture before."""
        for tile in tiles:
            self._tracks[tile["track"]].aim(tile["width"], tile["height"])
        for first in range(0, len(news), TURN):
            self._decode_and_scale((self._tick + min(first + TURN, len(news))) * 1_000_000_000 // FPS)
        for slot, new in enumerate(news):
            if new or slot == 0:
                shown = self._frames[slot]
                shown.make_writable()
                self._pictures.get(slot, shown)
            self._encode(shown)

    def _decode_and_scale(self, end_ns: int) -> None:
        packets = [(track, track.packets(end_ns)) for track in self._tracks.values()]
        began_s = time.process_time()
        decoded = [(track, track.decode(due)) for track, due in packets]
        decoded_s = time.process_time()
        for track, frames in decoded:
            for frame in frames:
                track.scale(frame)
        self.cpu_s["scale"] += time.process_time() - decoded_s
        self.cpu_s["decode"] += decoded_s - began_s

    def _encode(self, frame: av.VideoFrame) -> None:
        keyframe = self._tick == self._next_keyframe
        if keyframe:
            self.keyframes += 1
            self._next_keyframe = next(self._keyframes)
        frame.pts, frame.time_base = self._tick, Fraction(1, FPS)
        frame.pict_type = PictureType.I if keyframe else PictureType.NONE
        began_s = time.process_time()
        self._encoder.encode(frame)
        time.sleep(AFTERMATH_S)
        encoded_s = time.process_time()
        quantiser = self._rate.quantiser(self._tick, self._group_ticks if keyframe else None)
        data = self._told.encode(frame, self._tick, quantiser, idr=keyframe)
        self._rate.spent(len(data), quantiser, keyframe=keyframe)
        time.sleep(AFTERMATH_S)
        self.cpu_s["encode_told"] += time.process_time() - encoded_s
        self.cpu_s["encode"] += encoded_s - began_s
        self._tick += 1

    def finish(self) -> None:
        """What the encoder still holds."""
        began_s = time.process_time()
        self._encoder.encode(None)
        self.cpu_s["encode"] += time.process_time() - began_s


def keyframe_ticks(settings: OutputSettings) -> Iterator[int]:
    """Where the product's file begins its fragments."""
    tick, length = 0, min(settings.first_fragment_ticks, settings.fragment_ticks)
    while True:
        yield tick
        tick += length
        length = min(2 * length, settings.fragment_ticks)


def main() -> None:
    """Each line of input is what the mix answered; null ends it."""
    job = Job.read(sys.argv[1])
    floor = Floor(job, SharedPictures(Path(sys.argv[2]), job.width, job.height, job.slots))
    print(json.dumps("ready"), flush=True)
    while answer := json.loads(sys.stdin.readline()):
        floor.run(answer["news"], answer["tiles"])
        print(json.dumps({"cpu_s": sum(floor.cpu_s.values())}), flush=True)
    floor.finish()
    print(json.dumps({**floor.cpu_s, "keyframes": floor.keyframes}), flush=True)


if __name__ == "__main__":
    main()
