"""One track's way from encoded frames to sound at a place in the mix."""

from dataclasses import replace

import numpy as np

from mixer.audio.decoder import SoundDecoder, make_decoder
from mixer.audio.drift import DriftLoop
from mixer.audio.frame_queue import DueFrame, FrameQueue
from mixer.audio.pauses import Pauses
from mixer.audio.run import FADE, Run
from mixer.audio.samples import FRACTION_BITS, NS_PER_SECOND, ONE, SAMPLE_RATE, Samples, position_q, rounded
from mixer.audio.sound_level import mean_square
from mixer.audio.sound_stats import SoundStats
from mixer.frame import Codec, EncodedFrame

_MOST_ERROR = 960  # samples (20 ms): more than this is not followed but stepped over
_MOST_HOLE = 480  # samples (10 ms): two packets further apart than this, or than half a packet, do not belong together
_AHEAD = FADE + 2048  # samples decoded beyond what is mixed: the fade, an error of the clock, the decoder's delay
_WILD_POWER = 100.0  # no decoder makes this of sound


class SoundTrack:
    """Frames that follow each other are one run, read at the speed of the sender's clock. A hole is silence, with a
    short fade on both sides. `push` may be called on any thread, all else on the mix's.
    """

    def __init__(self) -> None:
        self.ending = False  # removed from the room: plays what is queued
        self._queue = FrameQueue()
        self._runs: list[Run] = []  # only the last one may be open
        self._drift = DriftLoop()
        self._pauses = Pauses()
        self._codec: Codec | None = None
        self._decoder: SoundDecoder | None = None
        self._mixed = 0  # position up to which the mix is done
        self._next_q: int | None = None  # where the frame after the last one should begin
        self._stats = SoundStats()

    def push(self, frame: EncodedFrame, mixed_ns: int | None) -> bool:
        """False: it is silence after silence, or refused, and nothing is to be done."""
        self._stats.frames += 1
        if self._pauses.repeats(frame):
            return False
        return self._queue.push(frame, mixed_ns)

    def idle(self) -> bool:
        return not self._runs and not self._queue

    def silent(self, first: int, count: int) -> bool:
        """There is nothing to `read` in [first, first + count): it need not be called."""
        next_ns = None if self._runs else self._queue.next_ns
        return not self._runs and (next_ns is None or next_ns >= _due_ns(first + count))

    def stats(self) -> SoundStats:
        """As it is now; a copy."""
        queue = self._queue
        return replace(
            self._stats,
            overflowed=queue.overflowed,
            replaced=queue.replaced,
            misplaced=queue.misplaced,
            drift_ppm=self._drift.ppm,
        )

    def read(self, first: int, count: int) -> list[tuple[int, Samples]]:
        """What is to be heard in [first, first + count), as blocks with their offset from `first`, at most overlapping
        for the length of a fade. `first` is where the last call ended."""
        self._mixed = first
        until = first + count
        for due in self._queue.take(_due_ns(until)):
            self._take(due)
        self._close_run_that_ends(until + FADE)
        step_q = self._drift.step_q
        blocks = [block for run in self._runs if (block := run.read(first, count, step_q)) is not None]
        self._runs = [run for run in self._runs if not run.finished()]
        return blocks

    def close(self) -> None:
        """Idempotent."""
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None
            self._codec = None
        self._runs.clear()

    def _take(self, due: DueFrame) -> None:
        frame, decoder = due.frame, self._decoder_for(due.frame.codec)
        if not self._pauses.audible(frame, due.following):
            self._close_run_that_ends(None)
            self._next_q = None
            return
        block = decoder.recover(frame.data) if frame.redundant else decoder.decode(frame.data)
        power = np.inf if block is None else mean_square(block)
        if block is None or not power < _WILD_POWER:  # not a number is not below either
            self._stats.undecodable += 1
            return
        # No microphone is louder than full scale: a damaged packet can be, and the limiter would duck everybody for it.
        if power * block.size > 1.0:  # else no sample can be
            np.maximum(np.minimum(block, 1.0, out=block), -1.0, out=block)
        self._pauses.decoded(frame, power)
        self._stats.recovered += frame.redundant
        start_q = position_q(frame.pts_ns) - (decoder.delay << FRACTION_BITS)
        if rounded(start_q) + block.shape[1] <= self._mixed:
            self._stats.late += 1
        else:
            self._place(block, start_q, due.breaks)

    def _decoder_for(self, codec: Codec) -> SoundDecoder:
        if self._decoder is None or codec is not self._codec:
            if self._decoder is not None:
                self._decoder.close()
                self._close_run_that_ends(None)
            self._decoder = make_decoder(codec)
            self._codec = codec
        return self._decoder

    def _place(self, block: Samples, start_q: int, breaks: bool) -> None:
        count = block.shape[1]
        hole = 0.0 if self._next_q is None else (start_q - self._next_q) / ONE
        joins = not breaks and abs(hole) <= min(_MOST_HOLE, count // 2)
        breaks_off = hole > _MOST_HOLE
        self._next_q = start_q + (count << FRACTION_BITS)
        run = self._open_run()
        if run is not None:
            error = (start_q - run.end_q(self._drift.step_q)) / ONE
            if joins and abs(error) <= _MOST_ERROR:
                self._drift.observe(error, count)
                run.append(block)
                return
            self._close_run(run, rounded(start_q))
            self._stats.steps += not breaks_off
        self._stats.gaps += breaks_off
        self._start_run(block, rounded(start_q))

    def _start_run(self, block: Samples, start: int) -> None:
        run = Run(start, block.shape[0])
        run.append(block)
        run.skip_to(self._mixed)
        self._runs.append(run)

    def _open_run(self) -> Run | None:
        return self._runs[-1] if self._runs and self._runs[-1].open else None

    def _close_run_that_ends(self, before: int | None) -> None:
        """Fade out the open run if its sound ends before this position (None: wherever it ends)."""
        run = self._open_run()
        if run is not None:
            end = run.end_q(self._drift.step_q) >> FRACTION_BITS
            if before is None or end < before:
                run.close(end)

    def _close_run(self, run: Run, successor: int) -> None:
        """Fade `run` out where another one begins, or where it ends if that is sooner."""
        end = run.end_q(self._drift.step_q) >> FRACTION_BITS
        run.close(min(end, max(successor, self._mixed) + FADE))


def _due_ns(until: int) -> int:
    """Frames from before this are needed to mix up to the sample `until`."""
    return (until + _AHEAD) * NS_PER_SECOND // SAMPLE_RATE
