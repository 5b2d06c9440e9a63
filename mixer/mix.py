"""The mix without threads and without a clock: told what happens, asked tick by tick."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from mixer.frame import EncodedFrame
from mixer.layout.foresight import Foresight
from mixer.layout.speech import Speech
from mixer.layout.tile import Rect
from mixer.picture.picture_mix import PictureMix
from mixer.picture.snapshot import as_bgr, shrunk
from mixer.requests import Requests
from mixer.schedule import Schedule
from mixer.seam import Sound
from mixer.settings import LayoutName, MixSettings
from mixer.source import Source, SourceKind

SECOND_NS = 1_000_000_000


def _kept() -> None:
    """Nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """One tick: what the encoder gets."""

    tick: int | None  # in the file; None: it lies in a pause, and nothing of it is written
    picture: av.VideoFrame  # yuv420p, BT.709 limited; not written to until it is given back, or enough newer ones exist
    sound: NDArray[np.float32]  # (2, samples of this tick)
    changed: bool = True  # False: the picture of the tick before, the same object
    within: Sequence[Rect] | None = None  # what differs from the tick before lies in these; None: anywhere
    give_back: Callable[[], None] = _kept  # to be called once, by who does not look at the picture any more


class Mix:
    """`tick` and `close` on one thread; the rest from any.

    What happens to a track takes effect at its pts (`at_ns`), which is ahead of the tick being rendered: the mix runs
    behind the room.
    """

    def __init__(self, settings: MixSettings, sound: Sound, requests: Requests, *, slots: int = 4) -> None:
        """A picture that is not given back is written to when `slots` - 1 newer ones were made."""
        self.picture = PictureMix(settings, requests, slots)
        self._settings = settings
        self._sound = sound
        self._speech = Speech(settings.speech_dbfs, settings.dwell_ns, self.picture.marks)
        self._foresight = Foresight(settings.speech_dbfs)
        self._schedule = Schedule()
        self._audio: dict[str, Source] = {}  # replaced, never changed: `push` reads it
        self._lock = threading.Lock()
        self._next_tick = 0
        self._next_sample = 0
        self._drawing = threading.Lock()
        self._last: tuple[av.VideoFrame | None, int] = (None, 0)  # and which of the mix's pictures it was
        self._held: av.VideoFrame | None = None
        self._held_ns = 0
        self.unknown_frames = 0  # frames of a track that was never added, or is gone

    def tick_ns(self, tick: int) -> int:
        return tick * SECOND_NS // self._settings.fps

    def add(self, source: Source, at_ns: int = 0) -> None:
        """Frames of the track are taken from now on. A track that is there already changes into `source` at `at_ns`."""
        known = source.track in self._audio or source.track in self.picture.entries
        if known:
            self._schedule.cancel(source.track)
            self._schedule.add(at_ns, source.track, lambda: self._add(source))
        else:
            self._add(source)

    def remove(self, track: str, at_ns: int = 0) -> None:
        """At `at_ns`; what was captured before is still mixed."""
        self._schedule.add(at_ns, track, lambda: self._remove(track))

    def set_muted(self, track: str, muted: bool, at_ns: int = 0) -> None:
        """A muted camera loses its tile after the mute hold. Sound needs no telling: it stops by itself."""
        self._schedule.add(at_ns, track, lambda: self.picture.set_muted(track, muted, at_ns))

    def set_layout(self, name: LayoutName, at_ns: int = 0) -> None:
        def change() -> None:
            self.picture.layout = name

        self._schedule.add(at_ns, None, change)

    def push(self, frame: EncodedFrame) -> None:
        """Frames of tracks that are not known are counted and let go. Never blocks."""
        if frame.codec.is_audio:
            if frame.track in self._audio:
                self._sound.push(frame)
                return
        elif frame.track in self.picture.entries:
            self.picture.push(frame)
            return
        self.unknown_frames += 1

    def tick(self, tick: int, *, redraw: bool = True, samples: int | None = None, cut: bool = False) -> Mixed:
        """Render the next tick; consecutive from 0. Without `redraw` the picture is that of the tick before. `samples`:
        of sound, when it is not what lies between this tick and the next; the following tick goes on there. `cut`: what
        could be seen until now was nobody's to keep, and nothing of it is seen any more but what is still there."""
        tick_ns = self._begin(tick)
        self._schedule.run(tick_ns)
        if cut:
            self._cut(tick_ns)
        first = self._next_sample
        self._next_sample = first + samples if samples is not None else self.first_sample(tick + 1)
        sound = self._sound.render(first, self._next_sample - first)
        self._speech.update(tick_ns, self._levels())
        self._foresee(tick_ns)
        with self._drawing:
            picture = self.picture.render(tick_ns, self._speech) if redraw else self.picture.repeat()
        within = self.picture.canvas.within if redraw else None
        return Mixed(tick, picture, sound, self._is_new(picture), within, self.picture.canvas.lend())

    def _cut(self, tick_ns: int) -> None:
        for entry in self.picture.entries.values():
            entry.cut(tick_ns)
        self.picture.canvas.cut()

    def hold(self, picture: av.VideoFrame, until_ns: int) -> None:
        """`blank` shows it on the ticks before `until_ns`. One that is no picture as the mix makes them is passed
        over: the settings were changed between two parts."""
        wanted = (self._settings.width, self._settings.height, "yuv420p")
        if (picture.width, picture.height, picture.format.name) == wanted:
            self._held, self._held_ns = picture, until_ns

    def blank(self, tick: int) -> Mixed:
        """The next tick before there is a room: the picture that is held, then the background; and silence."""
        tick_ns = self._begin(tick)
        first, self._next_sample = self.first_sample(tick), self.first_sample(tick + 1)
        if tick_ns >= self._held_ns:
            self._held = None
        silence = np.zeros((2, self._next_sample - first), np.float32)
        if self._held is not None:
            return Mixed(tick, self._held, silence, self._is_new(self._held))
        with self._drawing:
            picture = self.picture.repeat()
        return Mixed(tick, picture, silence, self._is_new(picture), give_back=self.picture.canvas.lend())

    def first_sample(self, tick: int) -> int:
        """The sample that lies at a tick."""
        return tick * self._settings.sample_rate // self._settings.fps

    def still(self, width: int) -> NDArray[np.uint8] | None:
        """A copy of the picture rendered last, BGR, at most as wide as it is. None before the first. From any thread;
        it may wait for the picture that is being drawn."""
        if self._last[0] is None or self.picture.canvas.is_blank:
            return None
        with self._drawing:
            small = shrunk(self.picture.canvas.planes, width)
        return as_bgr(small)

    def _begin(self, tick: int) -> int:
        if tick != self._next_tick:
            raise ValueError(f"Tick {tick} was asked for, but the next one is {self._next_tick}.")
        self._next_tick += 1
        return self.tick_ns(tick)

    def _is_new(self, picture: av.VideoFrame) -> bool:
        """Not the picture of the tick before: another, or the same memory drawn on."""
        before, self._last = self._last, (picture, self.picture.canvas.changes)
        return self._last != before

    def close(self) -> None:
        """Idempotent. Threads and decoders are gone when it returns."""
        self.picture.close()
        self._sound.close()

    def _add(self, source: Source) -> None:
        if source.kind is SourceKind.VIDEO:
            self.picture.add(source)
            return
        with self._lock:
            known = source.track in self._audio
            self._audio = {**self._audio, source.track: source}
        if not known:
            self._sound.add(source)

    def _remove(self, track: str) -> None:
        if track in self._audio:
            with self._lock:
                self._audio = {key: source for key, source in self._audio.items() if key != track}
            self._sound.remove(track)
        else:
            self.picture.remove(track)

    def _foresee(self, tick_ns: int) -> None:
        """Listen ahead to those whose camera has no tile: it has to be asked for before their voice is due."""
        hidden = self.picture.hidden
        audio = self._audio
        microphones = [track for track, one in audio.items() if one.participant in hidden] if hidden else []
        for heard in self._sound.listen([track for track in microphones if not audio[track].stage]):
            self._foresight.hear(audio[heard.track].participant, heard.pts_ns, heard.lasts_ns, heard.dbfs)
        self.picture.expected = self._foresight.expected(tick_ns)

    def _levels(self) -> dict[str, float]:
        """By participant; the stage's own sound is nobody's voice."""
        levels: dict[str, float] = {}
        for track, level in self._sound.levels().items():
            source = self._audio.get(track)
            if source is not None and not source.stage:
                levels[source.participant] = max(level, levels.get(source.participant, level))
        return levels
