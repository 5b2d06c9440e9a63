"""How busy one thread is, as a share of real time."""

TICKS_AVERAGED = 30


class Load:
    """Wall time, not processor time: what others take away counts too. Written by one thread, read by any."""

    def __init__(self, interval_ns: int) -> None:
        self.share = 0.0  # a running average over about TICKS_AVERAGED ticks
        self.ticks = 0  # since the start, and how long they took in all
        self.busy_ns = 0
        self._interval_ns = interval_ns

    def add(self, busy_ns: int) -> None:
        self.share += (busy_ns / self._interval_ns - self.share) / TICKS_AVERAGED
        self.busy_ns += busy_ns
        self.ticks += 1


class LoadWindow:
    """The load between one reading and the next. For one reader."""

    def __init__(self, load: Load, interval_ns: int) -> None:
        self._load = load
        self._interval_ns = interval_ns
        self._ticks = self._busy_ns = 0
        self._share = 0.0

    def read(self) -> float:
        """Share of real time; that of the reading before when no tick has ended since."""
        ticks, busy_ns = self._load.ticks, self._load.busy_ns
        if ticks > self._ticks:
            self._share = (busy_ns - self._busy_ns) / ((ticks - self._ticks) * self._interval_ns)
            self._ticks, self._busy_ns = ticks, busy_ns
        return self._share
