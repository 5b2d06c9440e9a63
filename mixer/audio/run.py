"""A stretch of one track's sound without a break in it."""

import numpy as np

from mixer.audio.resampler import FUTURE, HISTORY, resample
from mixer.audio.samples import FRACTION_BITS, ONE, Samples

FADE = 192
"""Samples (4 ms) over which sound begins and ends."""

_RISE: Samples = (0.5 - 0.5 * np.cos(np.pi * (np.arange(FADE) + 0.5) / FADE)).astype(np.float32)
_FALL: Samples = np.ascontiguousarray(_RISE[::-1])
_FIRST_ROOM = 4096


class Run:
    """Decoded blocks go in at the end, the mix reads from the beginning; positions are counted in samples of the mix.

    What was read is forgotten. The buffer grows with what is put in before it is read: whoever appends keeps the
    bound. A run that begins where another one ends cross-fades with it: both ramps add up to 1.
    """

    def __init__(self, start: int, channels: int) -> None:
        self.position = start  # of the next sample to be read
        self.open = True
        self._start = start
        self._end = 0  # position at which a closed run has faded out
        self._channels = channels
        self._sound = np.zeros((channels, _FIRST_ROOM), np.float32)
        self._filled = HISTORY
        self._read_q = HISTORY << FRACTION_BITS

    def append(self, block: Samples) -> None:
        """Sound that follows what is there."""
        if block.shape[0] > self._channels:
            self._channels = block.shape[0]
            self._sound = np.repeat(self._sound, self._channels, axis=0)
        self._make_room(block.shape[1])
        self._sound[:, self._filled : self._filled + block.shape[1]] = block
        self._filled += block.shape[1]

    def end_q(self, step_q: int) -> int:
        """Position (fixed point) at which what is there ends, when it is read at this speed."""
        left_q = (self._filled << FRACTION_BITS) - self._read_q
        return (self.position << FRACTION_BITS) + left_q * ONE // step_q

    def skip_to(self, position: int) -> None:
        """Leave out what comes before `position`; what follows fades in there."""
        if position > self.position:
            self._read_q += (position - self.position) << FRACTION_BITS
            self.position = self._start = position

    def close(self, end: int) -> None:
        """No more sound comes: fade out so that it is silent at `end`, at which there is still sound."""
        self.open = False
        self._end = end

    def finished(self) -> bool:
        return not self.open and self.position >= self._end

    def read(self, first: int, count: int, step_q: int) -> tuple[int, Samples] | None:
        """What lies in [first, first + count): the offset from `first`, and the sound. None when there is none.

        `first` is where the last call ended; an open run has sound up to the end of what is read.
        """
        last = first + count if self.open else min(first + count, self._end)
        begin = max(first, self.position)
        length = last - begin
        if length <= 0:
            return None
        self._pad(((self._read_q + length * step_q) >> FRACTION_BITS) + FUTURE)
        sound = resample(self._sound, self._read_q, step_q, length)
        self._read_q += length * step_q
        self.position = begin + length
        rises = begin < self._start + FADE
        falls = not self.open and self.position > self._end - FADE
        if rises or falls:
            sound = sound.copy()
        if rises:
            _apply(sound, _RISE, self._start - begin)
        if falls:
            _apply(sound, _FALL, self._end - FADE - begin)
        return begin - first, sound

    def _pad(self, wanted: int) -> None:
        """Zeros after the end, for the taps of the last samples. They are written over when more sound comes."""
        missing = wanted - self._filled
        if missing > 0:
            self._make_room(missing)
            self._sound[:, self._filled : self._filled + missing] = 0.0

    def _make_room(self, count: int) -> None:
        if self._filled + count <= self._sound.shape[1]:
            return
        gone = (self._read_q >> FRACTION_BITS) - HISTORY
        kept = self._sound[:, gone : self._filled]
        room = max(self._sound.shape[1], 2 * (kept.shape[1] + count)) if gone < count else self._sound.shape[1]
        sound = np.zeros((self._channels, max(room, kept.shape[1] + count)), np.float32)
        sound[:, : kept.shape[1]] = kept
        self._sound = sound
        self._filled -= gone
        self._read_q -= gone << FRACTION_BITS


def _apply(sound: Samples, ramp: Samples, at: int) -> None:
    """Multiply with a ramp that begins `at` samples after the first one; before and after it sound stays as it is."""
    first, last = max(0, at), min(sound.shape[1], at + len(ramp))
    if first < last:
        sound[:, first:last] *= ramp[first - at : last - at]
