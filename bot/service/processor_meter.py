"""How busy one process keeps the processor."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


class ProcessorMeter:
    """How many cores one process takes, averaged over some seconds."""

    AVERAGED = 5
    LEAST_NS = 900_000_000  # between readings: the kernel counts in hundredths of a second

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._last: tuple[int, float] | None = None
        self.readings = 0
        self.cores = 0.0

    def read(self, now_ns: int) -> float:
        """As it was before, for a process that has ended or that was asked about a moment ago."""
        used_s = _used_s(self._pid)
        if used_s is None or (self._last is not None and now_ns - self._last[0] < self.LEAST_NS):
            return self.cores
        if self._last is not None:
            share = (used_s - self._last[1]) * 1e9 / (now_ns - self._last[0])
            self.readings += 1
            self.cores += (share - self.cores) / min(self.readings, self.AVERAGED)
        self._last = (now_ns, used_s)
        return self.cores


def _used_s(pid: int) -> float | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / _TICKS
