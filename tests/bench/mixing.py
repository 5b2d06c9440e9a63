"""Ours in the mixer's benchmark, at file speed: the product's own mix and output, told how many ticks to make.

CPU is user and system time of this process, all its threads, from the first frame pushed to the last byte written;
starting Python, reading clips and handing pictures to the floor's process are not in it.
"""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from bot.allocator import keep_memory_together
from mixer.audio.sound_mix import SoundMix
from mixer.frame import EncodedFrame
from mixer.mix import Mix
from mixer.output.output import Output
from mixer.settings import MixSettings
from mixer.source import Size, Source, SourceKind
from tests.bench.clips import clips
from tests.bench.job import Job
from tests.bench.pictures import SharedPictures
from tests.bench.sounds import microphone


class NoRequests:
    """There is no SFU to ask: the clips are what there is."""

    def request_keyframe(self, track: str) -> None: ...

    def request_layer(self, track: str, size: Size | None) -> None: ...


@dataclass(slots=True)
class Feed:
    """The frames of all tracks in the order of their time, looked at once each."""

    frames: list[EncodedFrame]
    next: int = 0

    def until(self, end_ns: int) -> Sequence[EncodedFrame]:
        first = self.next
        while self.next < len(self.frames) and self.frames[self.next].pts_ns < end_ns:
            self.next += 1
        return self.frames[first : self.next]


class Mixing:
    """A mix under way."""

    def __init__(self, job: Job, recording: Path) -> None:
        self._settings = MixSettings(width=job.width, height=job.height)
        self.mix = Mix(self._settings, SoundMix(), NoRequests())
        self._output = Output(recording, job.output)
        self._sound = job.microphones > 0
        self._feed = feed(job)
        for clip in clips(job.mix_scene, job.media_s, job.mix_codec):
            self.mix.add(Source(clip.track, clip.track, SourceKind.VIDEO, clip.sending.stage))
        for number in range(job.microphones):
            self.mix.add(Source(f"microphone{number}", f"camera{number}", SourceKind.AUDIO, stage=False))
        self.tick = 0
        self.cpu_s = 0.0

    def run(self, ticks: int, pictures: SharedPictures | None) -> list[bool]:
        """So many ticks more; says which of them showed something new."""
        news = []
        for slot in range(ticks):
            began_s = time.process_time()
            for frame in self._feed.until(self.mix.tick_ns(self.tick + 1)):
                self.mix.push(frame)
            mixed = self.mix.tick(self.tick)
            if self._sound:
                self._output.sound(mixed.sound)
            assert mixed.tick is not None  # nobody has paused it
            self._output.picture(mixed.picture, mixed.tick, changed=mixed.changed, within=mixed.within)
            self.cpu_s += time.process_time() - began_s
            self.tick += 1
            news.append(mixed.changed)
            if pictures is not None and (mixed.changed or slot == 0):
                pictures.put(slot, mixed.picture)
            mixed.give_back()
        return news

    def finish(self) -> float:
        """Close the file. CPU seconds in all."""
        began_s = time.process_time()
        self._output.close()
        self.cpu_s += time.process_time() - began_s
        self.mix.close()
        return self.cpu_s

    @property
    def groups(self) -> int:
        """Of pictures, each a fragment of the file."""
        return self._output.fragments


def feed(job: Job) -> Feed:
    """What the publications of a scene send."""
    frames = [frame for clip in clips(job.mix_scene, job.media_s, job.mix_codec) for frame in clip.frames()]
    for number in range(job.microphones):
        frames += microphone(f"microphone{number}", number, job.media_s)
    return Feed(sorted(frames, key=lambda frame: frame.pts_ns))


def main() -> None:
    """Each line of input is a number of ticks; 0 closes the file and ends."""
    keep_memory_together()  # as the bot does
    job = Job.read(sys.argv[1])
    mixing = Mixing(job, Path(sys.argv[2]))
    pictures = SharedPictures(Path(sys.argv[3]), job.width, job.height, job.slots) if len(sys.argv) > 3 else None
    print(json.dumps("ready"), flush=True)
    while ticks := json.loads(sys.stdin.readline()):
        news = mixing.run(ticks, pictures)
        tiles = [asdict(tile.rect) | {"track": tile.track} for tile in mixing.mix.picture.scene]
        print(json.dumps({"cpu_s": mixing.cpu_s, "news": news, "tiles": tiles}), flush=True)
    decoded = sum(track.decoded for track in mixing.mix.picture.stats().values())
    memory = psutil.Process().memory_info()
    cpu_s, groups = mixing.finish(), mixing.groups
    own = memory.rss - memory.shared
    print(json.dumps({"cpu_s": cpu_s, "groups": groups, "decoded": decoded, "rss": own}), flush=True)


if __name__ == "__main__":
    main()
