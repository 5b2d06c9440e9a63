"""How busy one thread is, as a share of real time."""

TICKS_AVERAGED = 30


class Load:
    """A running average over about TICKS_AVERAGED ticks. Written by one thread, read by any."""

    def __init__(self, interval_ns: int) -> None:
        self.share = 0.0
        self._interval_ns = interval_ns

    def add(self, busy_ns: int) -> None:
        self.share += (busy_ns / self._interval_ns - self.share) / TICKS_AVERAGED
