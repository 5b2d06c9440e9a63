"""The one thing the mixer writes to."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from mixer.errors import OutputError
from mixer.layout.tile import Rect
from mixer.mp4.fragment import Run
from mixer.mp4.index import Index
from mixer.mp4.label import Label
from mixer.mp4.movie import Movie
from mixer.mp4.sample import Sample
from mixer.mp4.writer import FragmentWriter
from mixer.output.encoder_choice import X264, choose
from mixer.output.picture_encoder import UNITS
from mixer.output.settings import OutputSettings
from mixer.output.sound_encoder import BLOCK, SoundEncoder

_PICTURE_ID, _SOUND_ID = 1, 2
_MOST_SOUND_S = 2
_NS = 1_000_000_000
_AAC = "AAC"


@dataclass(slots=True)
class _Group:
    """One closed group of pictures: a fragment's worth."""

    start: int  # its first tick
    length: int  # ticks
    pictures: int = 0  # put into the encoder so far

    def reaches(self, tick: int) -> bool:
        return tick < self.start + self.length


class Output:
    """Encodes pictures and sound and writes them, a fragment at a time. All calls on one thread; they block.

    Tick and sample 0 are the same instant. A tick may be left out (the picture before it then stays longer) but not
    repeated; sound is consecutive. Encoding or writing that fails raises OutputError (OutputFull: no space);
    what was written stays playable, and after a failed write every call but `close` raises the same again.
    """

    def __init__(self, path: Path, settings: OutputSettings) -> None:
        """Creates `path`, which must not exist. Raises OutputUnwritable, OutputFull; OutputError for bad settings.

        `encoder` is then the name of the one that is used; `notice` a sentence for the log when it is not the one that
        was asked for, otherwise empty.
        """
        self._settings = settings
        choice = choose(settings, _PICTURE_ID)
        self.encoder, self.notice = choice.name, choice.notice
        self._pictures = choice.encoder
        self._sound = SoundEncoder(settings, _SOUND_ID)
        self._explaining_picture, self._explaining_sound = _Explaining(choice.name), _Explaining(_AAC)
        self._groups: deque[_Group] = deque()  # not written yet: two at most, while the later one begins
        self._ready: list[Sample] = []  # pictures of the first of the groups; at most a fragment
        self._ready_sound: list[Sample] = []  # goes with the next fragment; alone when none comes for this long:
        self._most_sound = _MOST_SOUND_S * settings.sample_rate // BLOCK
        self._last_tick = -1
        self._next_length = min(settings.first_fragment_ticks, settings.fragment_ticks)
        self._closed = False
        label = Label(settings.title, settings.created_s)
        self._writer = FragmentWriter(path, Movie((self._pictures.track, self._sound.track), label))

    @property
    def path(self) -> Path:
        return self._writer.path

    @property
    def written_ns(self) -> int:
        """How far the pictures in the file reach."""
        pictures = self._writer.index.tracks[_PICTURE_ID]
        ticks = (pictures.shown_end - self._pictures.track.media_start) / UNITS
        return max(0, round(ticks * _NS / self._settings.fps))

    @property
    def bytes_written(self) -> int:
        return self._writer.index.end

    @property
    def fragments(self) -> int:
        return self._writer.index.fragments

    @property
    def index(self) -> Index:
        """What `finish` needs to do without reading the file again. About 1.7 MB an hour."""
        return self._writer.index

    @property
    def efforts(self) -> int:
        """How many levels `set_effort` knows."""
        return self._pictures.efforts

    def set_effort(self, level: int) -> None:
        """0 is what the settings ask for; each level after it costs the encoder less. A group begins for it at the
        next picture, or the one after when that one is the second of a group. A level whose encoder cannot be opened is
        not taken; the one before goes on."""
        if not 0 <= level < self.efforts:
            raise ValueError(f"There are {self.efforts} levels of effort, no level {level}.")
        self._pictures.set_effort(level)

    def picture(
        self, frame: av.VideoFrame, tick: int, *, changed: bool = True, within: Sequence[Rect] | None = None
    ) -> None:
        """`frame` is yuv420p of the settings' size; its planes are free again after the return. One that is as the tick
        before (`changed` False) costs next to nothing; one that differs from it only `within` some rectangles costs
        less, and must not differ anywhere else. None: it may differ anywhere."""
        self._check_open()
        if tick <= self._last_tick:
            raise ValueError(f"tick {tick} comes after tick {self._last_tick}")
        self._last_tick = tick
        keyframe = not self._groups or not self._groups[-1].reaches(tick) or self._pictures.wants_group
        if keyframe:
            self._begin_group(tick)
        self._groups[-1].pictures += 1
        with self._explaining_picture:
            pictures = self._pictures.encode(frame, tick, keyframe=keyframe, changed=changed, within=within)
        self._take(pictures)

    def sound(self, samples: NDArray[np.float32]) -> None:
        """`samples` is (2, n), full scale 1.0, and goes on where the last call ended. Give it before the picture of the
        same instant, so that both are in the same fragment."""
        self._check_open()
        with self._explaining_sound:
            self._ready_sound += self._sound.encode(samples)
        if len(self._ready_sound) > self._most_sound:
            self._writer.append([Run(_SOUND_ID, self._ready_sound)])
            self._ready_sound = []

    def close(self) -> None:
        """Writes what the encoders still hold, and what they have given when one of them fails at that. The file stays
        fragmented: `mixer.mp4.finish` makes it seekable. May be called again; after a failed write it only closes the
        file."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._writer.failure is None:
                self._flush()
        finally:
            self._writer.close()

    def _flush(self) -> None:
        try:
            with self._explaining_sound:
                self._ready_sound += self._sound.flush()
        finally:
            try:
                with self._explaining_picture:
                    pictures = self._pictures.flush()
                self._take(pictures)
            finally:
                if self._writer.failure is None:
                    self._cut()

    def _check_open(self) -> None:
        if self._closed:
            raise OutputError(f"{self.path} is closed already.")
        if self._writer.failure is not None:
            raise self._writer.failure

    def _begin_group(self, tick: int) -> None:
        self._groups.append(_Group(tick, self._next_length))
        self._next_length = min(2 * self._next_length, self._settings.fragment_ticks)

    def _take(self, pictures: Iterable[Sample]) -> None:
        for picture in pictures:
            if picture.keyframe and self._ready:  # the group before is over, whether or not all of it has come out
                self._cut()
            self._ready.append(picture)
            if self._is_group_out():
                self._cut()

    def _is_group_out(self) -> bool:
        """Known when the next one has begun; the sound that belongs to it has come out of its encoder by then, too."""
        return len(self._groups) > 1 and len(self._ready) == self._groups[0].pictures

    def _cut(self) -> None:
        """Writes what is ready as one fragment: sound may run a little ahead of the pictures in it."""
        runs = [Run(_PICTURE_ID, self._ready), Run(_SOUND_ID, self._ready_sound)]
        self._ready, self._ready_sound = [], []
        if runs[0].samples:
            self._groups.popleft()
        if filled := [run for run in runs if run.samples]:
            self._writer.append(filled)


class _Explaining:
    """What libavcodec raises within, as a sentence. x264 of its own interface says one already."""

    def __init__(self, encoder: str) -> None:
        self._encoder = encoder

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, av.FFmpegError):
            return
        advice = "record again" if self._encoder in {X264, _AAC} else f"set `encoder` to {X264} and record again"
        raise OutputError(
            f"The encoder {self._encoder} failed ({error.strerror}); what was recorded before is kept, {advice}."
        ) from error
