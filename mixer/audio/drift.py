"""How fast a sender's sound has to be read so that it stays with the sender's clock."""

from mixer.audio.samples import ONE, SAMPLE_RATE

_SETTLE_SAMPLES = 1.5 * SAMPLE_RATE  # an error decays with this time constant
_MOST = 3e-3  # 5 cents: nobody hears it
_MOST_STEADY = 1e-3  # worse clocks than 1000 ppm are not steady but wrong
_EXACT_ERROR = 1.0  # sample
_EXACT_RATE = 0.5e-6


class DriftLoop:
    """A second-order control loop, critically damped: follows a steady drift with no error left, and slowly corrects
    what remains of a jump. With a clock as good as ours it asks for exactly full speed, so nothing is resampled."""

    def __init__(self) -> None:
        self._rate = 0.0  # how much faster than ours the sender's clock is, as measured
        self.step_q = ONE

    @property
    def ppm(self) -> float:
        """Parts per million the sender's clock runs fast (its sound is read that much faster)."""
        return self._rate * 1e6

    def observe(self, error: float, duration: int) -> None:
        """`error`: samples by which sound would be played too early if nothing was done; `duration`: samples since the
        last observation."""
        correction = -error / _SETTLE_SAMPLES
        wanted = self._rate + correction
        if abs(wanted) < _MOST:
            rate = self._rate - error * duration / (4.0 * _SETTLE_SAMPLES**2)
            self._rate = max(-_MOST_STEADY, min(_MOST_STEADY, rate))
        if abs(error) < _EXACT_ERROR and abs(self._rate) < _EXACT_RATE:
            self.step_q = ONE
        else:
            self.step_q = ONE + round(max(-_MOST, min(_MOST, self._rate + correction)) * ONE)
