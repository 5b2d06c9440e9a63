"""Every track's sound in one stereo mix."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from threading import Lock

import numpy as np

from mixer.audio.limiter import LOOK_AHEAD, Limiter
from mixer.audio.listener import Heard, Listener
from mixer.audio.samples import NS_PER_SECOND, SAMPLE_RATE, Samples
from mixer.audio.sound_level import decibels, mean_square
from mixer.audio.sound_stats import SoundStats
from mixer.audio.sound_track import SoundTrack
from mixer.frame import EncodedFrame
from mixer.source import Source, SourceKind

_LARGEST_BLOCK = 4800  # samples mixed at once: bounds what is decoded ahead
_MOST_GONE = 10_000  # removed tracks whose totals are kept


class SoundMix:
    """48 kHz stereo, levels as sent, below full scale.

    `push`, `add`, `remove` and `stats` may be called on any thread; `render` always on the same one. Nothing is decoded
    before it is due (but for whom `listen` names), and a track without sound costs nothing. A track that is removed is
    heard to the end of what is queued (the mix runs behind the room).
    """

    def __init__(self) -> None:
        self.unknown_frames = 0  # pushed for a track that was not added, or was removed
        self.reads = 0  # of a track, for one block
        self._tracks: dict[str, SoundTrack] = {}
        self._awake: dict[str, SoundTrack] = {}  # those that have sound, or are to be let go
        self._gone: dict[str, SoundStats] = {}
        self._lock = Lock()
        self._limiter = Limiter()
        self._next: int | None = None  # first sample not rendered yet
        self._mixed_ns: int | None = None
        self._levels: dict[str, float] = {}
        self._listeners: dict[str, Listener] = {}  # replaced, never changed: `push` reads it

    def add(self, source: Source) -> None:
        """Raises ValueError for a video source. Adding a track again is nothing new."""
        if source.kind is not SourceKind.AUDIO:
            raise ValueError(f"Track {source.track} is {source.kind}: only audio can be added to the sound.")
        with self._lock:
            self._tracks.setdefault(source.track, SoundTrack()).ending = False

    def remove(self, track: str) -> None:
        """Idempotent."""
        with self._lock:
            known = self._tracks.get(track)
            if known is not None:
                known.ending = True
                self._awake[track] = known

    def push(self, frame: EncodedFrame) -> None:
        """Blocks for no longer than it takes to append. A track's queue holds 20 s, then its oldest frame goes."""
        track = self._tracks.get(frame.track)
        if track is None or track.ending or not frame.codec.is_audio or not frame.data:
            self.unknown_frames += 1
            return
        if not track.push(frame, self._mixed_ns):
            return
        self._awake[frame.track] = track
        listener = self._listeners.get(frame.track)
        if listener is not None:
            listener.push(frame)

    def listen(self, tracks: Collection[str]) -> list[Heard]:
        """What has come of `tracks` since the last call, long before it is rendered; of those that were not among them
        then, nothing yet. Each costs a second decoding, at a low rate. On the thread of `render`."""
        if self._listeners.keys() != set(tracks):
            for track, listener in self._listeners.items():
                if track not in tracks:
                    listener.close()
            self._listeners = {track: self._listeners.get(track) or Listener() for track in tracks}
        return [heard for listener in self._listeners.values() for heard in listener.listen()]

    def render(self, first_sample: int, count: int) -> Samples:
        """float32 (2, count). `first_sample` is where the last call ended: what is skipped is lost, and to go back
        raises ValueError. The mix looks 9 ms beyond the block (a fade and the limiter's look-ahead), so a frame must be
        here by then: what comes later is dropped, as far as its time is over, and counted."""
        if self._next is not None and first_sample < self._next:
            raise ValueError(f"Sample {first_sample} is behind: the sound is rendered up to {self._next}.")
        if self._next != first_sample:
            self._block(first_sample - LOOK_AHEAD, LOOK_AHEAD, {})
        self._next = first_sample + count
        energies: dict[str, float] = {}
        blocks = [
            self._block(begin, min(_LARGEST_BLOCK, self._next - begin), energies)
            for begin in range(first_sample, self._next, _LARGEST_BLOCK)
        ]
        self._levels = {name: decibels(energy / count) for name, energy in energies.items()}
        return blocks[0] if len(blocks) == 1 else np.concatenate([np.zeros((2, 0), np.float32), *blocks], axis=1)

    def levels(self) -> Mapping[str, float]:
        """Loudness (RMS) of each track in what the last `render` gave, dBFS; a full-scale sine has -3. A track that is
        not in it was silent. The mapping is never changed afterwards."""
        return self._levels

    def stats(self) -> Mapping[str, SoundStats]:
        """By track, removed ones too (the last 10,000)."""
        with self._lock:
            return {**self._gone, **{name: track.stats() for name, track in self._tracks.items()}}

    @property
    def limited_samples(self) -> int:
        """Samples of the mix that were turned down so as not to clip."""
        return self._limiter.limited_samples

    def close(self) -> None:
        """Free every decoder. Idempotent; no call to render afterwards."""
        with self._lock:
            for track in self._tracks.values():
                track.close()
        self.listen(())

    def _block(self, first: int, count: int, energies: dict[str, float]) -> Samples:
        """Of the mix, below full scale."""
        self._mixed_ns = (first + LOOK_AHEAD) * NS_PER_SECOND // SAMPLE_RATE
        busy = self._busy_tracks(first + LOOK_AHEAD, count)
        if not busy and self._limiter.is_silent:
            return _silence(count)
        return self._limiter.process(self._mix(busy, first + LOOK_AHEAD, count, energies))

    def _mix(
        self, tracks: Sequence[tuple[str, SoundTrack]], first: int, count: int, energies: dict[str, float]
    ) -> Samples:
        """Adds to `energies`, by track: the sum of the squares of what is heard of it."""
        mix, centre = np.zeros((2, count), np.float32), np.zeros(count, np.float32)
        for name, track in tracks:
            energy = 0.0
            self.reads += 1
            for offset, block in track.read(first, count):
                length = block.shape[1]
                into = mix[:, offset : offset + length] if len(block) == 2 else centre[offset : offset + length]
                np.add(into, block if len(block) == 2 else block[0], out=into)
                energy += mean_square(block) * length
            if energy > 0.0:
                energies[name] = energies.get(name, 0.0) + energy
        mix += centre
        return mix

    def _busy_tracks(self, first: int, count: int) -> list[tuple[str, SoundTrack]]:
        """The others are not even looked at."""
        busy = []
        for name, track in self._awake.copy().items():
            if track.idle():
                del self._awake[name]
                if not track.idle():  # a frame came just now, perhaps before it was taken out
                    self._awake[name] = track
                elif track.ending:
                    self._let_go(name)
            elif not track.silent(first, count):
                busy.append((name, track))
        return busy

    def _let_go(self, name: str) -> None:
        with self._lock:
            track = self._tracks.get(name)
            if track is None or not track.ending:  # it was added again
                return
            del self._tracks[name]
            track.close()
            self._gone[name] = track.stats()
            if len(self._gone) > _MOST_GONE:
                del self._gone[next(iter(self._gone))]


@lru_cache(maxsize=8)
def _silence(count: int) -> Samples:
    silence = np.zeros((2, count), np.float32)
    silence.flags.writeable = False
    return silence
