"""The mixer as the bot sees it: sources and encoded frames in, one file out, in real time."""

import contextlib
import threading
import time
from collections.abc import Callable

import av
import numpy as np
from numpy.typing import NDArray

from mixer.audio.sound_mix import SoundMix
from mixer.control import Control
from mixer.controller import Controller
from mixer.decode.video_codec import require_decoders
from mixer.effort import ladder
from mixer.frame import EncodedFrame
from mixer.load import Load
from mixer.marks import Mark
from mixer.mix import Mix
from mixer.output_thread import SLOTS, OutputThread
from mixer.pump import Pump
from mixer.reel import Reel
from mixer.requests import Requests
from mixer.seam import Recorder, Sound
from mixer.settings import LayoutName, MixSettings
from mixer.source import Source
from mixer.stats import MixStats


class Mixer:
    """Single use: `start`, then `stop`. Methods may be called from any thread and, but for `stop`, return at once.

    Two threads of its own, one that decodes, draws and mixes the sound (with helpers on the other cores), one that
    encodes and writes. An exception in either ends the mix in order: the file is closed with what is in it, `failure`
    holds the exception, and `on_failure` is called on the thread that failed.
    """

    def __init__(
        self,
        settings: MixSettings,
        output: Recorder,
        requests: Requests,
        *,
        sound: Sound | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`output` is closed by `stop`. `clock` is that of `start`'s origin, in nanoseconds. Raises DecoderMissing."""
        require_decoders()
        interval_ns = 1_000_000_000 // settings.fps
        self.on_failure: Callable[[], None] | None = None
        self.failure: BaseException | None = None
        self._clock = clock
        self._origin_ns: int | None = None
        self._gap_ns = 0
        self._hold_ns = settings.hold_ns
        self._sound = sound or SoundMix()
        self._mix = Mix(settings, self._sound, requests, slots=SLOTS)
        self._output = OutputThread(output, interval_ns, self._fail)
        self._load = Load(interval_ns)
        self._control = Control(
            Controller(ladder(output.efforts)), self._mix.picture, self._load, self._output, interval_ns
        )
        self._reel = Reel(settings.fps)
        self._pump = Pump(
            self._mix, self._output.put, settings, clock, reel=self._reel, load=self._load, look=self._control.look
        )
        self._thread = threading.Thread(target=self._run, name="mix")
        self._lock = threading.Lock()
        self._stopped = False

    def start(self, origin_ns: int, *, gap_ns: int = 0, held: av.VideoFrame | None = None) -> None:
        """The recording begins at `origin_ns` of the clock: pts 0. Its first `gap_ns` are background and silence, there
        at once and without being late: a later part begins with what nobody could record. `held`, with which the part
        before ended, is shown in the gap for the hold time."""
        if held is not None:
            self._mix.hold(held, self._hold_ns)
        self._origin_ns = origin_ns
        self._gap_ns = gap_ns
        self._output.start()
        self._thread.start()

    def pause(self, at_ns: int | None = None) -> None:
        """From pts `at_ns` on (None: now, in the room) not a picture and not a sample is in the file, and its time
        stands still; the room goes on being decoded. The mix gets there when it has mixed what was before.

        Idempotent. A pts that is mixed already means the next tick. Raises RuntimeError before `start`.
        """
        self._reel.pause(self._begun_ns() if at_ns is None else at_ns)

    def resume(self, at_ns: int | None = None) -> None:
        """The file goes on with pts `at_ns`, without a hole. As `pause` otherwise."""
        self._reel.resume(self._begun_ns() if at_ns is None else at_ns)

    @property
    def recorded_ns(self) -> int:
        """How much of the file is mixed, the gap included; what is paused is not."""
        return self._reel.recorded_ns

    def still(self, width: int) -> NDArray[np.uint8] | None:
        """A copy of the newest mixed picture as BGR, `width` pixels wide or as wide as it is; None before the first. In
        a pause it goes on. May wait some milliseconds for the picture that is being drawn."""
        return self._mix.still(width)

    def recorded_still(self, width: int) -> NDArray[np.uint8] | None:
        """The same; None also while the newest picture is not in the file."""
        cuts = self._reel.cuts
        picture = self._mix.still(width) if self._reel.shows else None
        return picture if self._reel.shows and self._reel.cuts == cuts else None

    def add(self, source: Source) -> None:
        """Mix a track from now on. Adding one that is there changes it (on or off the stage) and unmutes it."""
        self._mix.add(source, self._now())

    def remove(self, track: str) -> None:
        """The track is gone now; what was captured before is still mixed. Unknown tracks are no error."""
        self._mix.remove(track, self._now())

    def set_muted(self, track: str, muted: bool) -> None:
        """Muted now: a camera loses its tile after the mute hold, and gets it back with the first new picture."""
        self._mix.set_muted(track, muted, self._now())

    def set_layout(self, name: LayoutName) -> None:
        self._mix.set_layout(LayoutName(name), self._now())

    def push(self, frame: EncodedFrame) -> None:
        """Never blocks; when a track's queue is full its oldest frames go, and are counted."""
        self._mix.push(frame)

    def stats(self) -> MixStats:
        pump, output, picture = self._pump, self._output, self._mix.picture
        controller = self._control.controller
        return MixStats(
            ticks=self._reel.ticks,
            ticks_late=pump.late,
            ticks_repeated=pump.repeated,
            lag_ns=pump.lag_ns,
            worst_lag_ns=pump.worst_lag_ns,
            encode_queue=output.waiting(),
            load=max(self._load.share, output.load.share),
            mix_load=self._load.share,
            encode_load=output.load.share,
            effort=controller.effort,
            steps=tuple(controller.steps),
            steps_left_out=controller.steps_left_out,
            reduced_ns=controller.reduced_ns,
            tiles=len(picture.scene),
            tiles_drawn=picture.canvas.tiles_drawn,
            unknown_frames=self._mix.unknown_frames,
            tracks=picture.stats(),
            sounds=self._sound.stats(),
        )

    def take_marks(self) -> list[Mark]:
        """Who spoke and which picture stood, as far as it was mixed since the last call. For one thread; also after
        `stop`."""
        return self._mix.picture.marks.take()

    def stop(self, end_ns: int) -> None:
        """Render up to pts `end_ns`, write everything, close the file; blocks. Push what belongs before `end_ns` first.

        Idempotent. Does not raise: look at `failure`. Before `start` it only closes the file.
        """
        with self._lock:
            if self._stopped:
                return
            self._stopped = True
            if self._origin_ns is None:
                self._output.start()
            else:
                self._pump.end(end_ns)
                self._thread.join()
            self._output.close()
            self._mix.close()

    def _begun_ns(self) -> int:
        if self._origin_ns is None:
            raise RuntimeError("The mix was not started: there is nothing to pause or resume.")
        return self._now()

    def _now(self) -> int:
        return 0 if self._origin_ns is None else self._clock() - self._origin_ns

    def _run(self) -> None:
        try:
            self._pump.run(self._origin_ns or 0, self._gap_ns)
        except Exception as error:  # whatever it is ends the recording in order, and is reported
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self._pump.abort()
        if self.failure is None:
            self.failure = error
            if self.on_failure is not None:
                with contextlib.suppress(Exception):  # whoever listened may be gone; the file is still to be closed
                    self.on_failure()
