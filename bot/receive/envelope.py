"""The least delay a sender's packets had, followed through time: the sender's clock as seen from here."""

from collections import deque
from itertools import islice
from statistics import median

from bot.receive.settings import MILLISECOND_NS, SECOND_NS

_BUCKET_NS = 2 * SECOND_NS
_BUCKETS = 150  # five minutes
_LEVEL_BUCKETS = 20  # the level follows a changed path within 40 s
_SLOPE_BUCKETS = 10
_MAX_SLOPE = 2000e-6


class Envelope:
    """A line under the points (`x`, `delay`), where `x` is the sender's time and `delay` is arrival minus `x`.

    Queues and retransmission only ever add delay, so the least of each two seconds is nearly free of jitter; the slope
    is the median over pairs of these half the window apart, the level a low one among the newest.
    """

    def __init__(self) -> None:
        self._closed: deque[tuple[int, int]] = deque(maxlen=_BUCKETS)
        self._end: int | None = None
        self._lowest = (0, 0)
        self._reference = 0
        self._level = 0
        self.slope = 0.0  # ns a ns; positive when the sender's clock is slow

    @property
    def empty(self) -> bool:
        return self._end is None

    def level(self, x: int) -> int:
        """The delay of an undisturbed packet at `x`."""
        return self._level + int(self.slope * (x - self._reference))

    def add(self, x: int, delay: int) -> bool:
        """True when the line was fitted again."""
        if self._end is None:
            self._end = x + _BUCKET_NS
            self._lowest = (x, delay)
            self._reference, self._level = x, delay
            return True
        if x >= self._end:
            self._closed.append(self._lowest)
            self._end = x + _BUCKET_NS
            self._lowest = (x, delay)
            self._fit()
            return True
        if delay < self._lowest[1]:
            self._lowest = (x, delay)
            if len(self._closed) < _SLOPE_BUCKETS:
                self._level = min(self._level, delay)
        return False

    def _fit(self) -> None:
        points = self._closed
        half = len(points) // 2
        if len(points) >= _SLOPE_BUCKETS:
            pairs = zip(points, islice(points, half, None), strict=False)
            slope = median((later[1] - early[1]) / max(1, later[0] - early[0]) for early, later in pairs)
            self.slope = max(-_MAX_SLOPE, min(_MAX_SLOPE, slope))
        self._reference = reference = points[-1][0]
        newest = islice(points, max(0, len(points) - _LEVEL_BUCKETS), None)
        residuals = sorted(delay - int(self.slope * (x - reference)) for x, delay in newest)
        self._level = residuals[len(residuals) // 5]


class ReportLine:
    """What is added to an SSRC's own time to get its participant's capture clock, from sender reports.

    A report that disagrees by more than `TOLERANCE_NS` is believed only when the next one says the same.
    """

    TOLERANCE_NS = 50 * MILLISECOND_NS

    def __init__(self) -> None:
        self._points: deque[tuple[int, int]] = deque(maxlen=32)
        self._suspect: int | None = None
        self._provisional = False
        self._reference = 0
        self._level = 0
        self._slope = 0.0
        self.rejected = 0

    @property
    def empty(self) -> bool:
        return not self._points

    def at(self, x: int) -> int:
        return self._level + int(self._slope * (x - self._reference))

    def add(self, x: int, value: int) -> int:
        """Returns 0, or by how much the line has jumped once a jump is confirmed; the line follows it at once."""
        if self._provisional or not self._points:
            self._restart(x, value)
            return 0
        error = value - self.at(x)
        if abs(error) <= self.TOLERANCE_NS:
            self._suspect = None
            self._points.append((x, value))
            self._fit()
            return 0
        suspect, self._suspect = self._suspect, value
        if suspect is None or abs(value - suspect) > self.TOLERANCE_NS:
            self.rejected += 1
            return 0
        self._restart(x, value)
        return error

    def loosen(self, x: int) -> None:
        """The SSRC's time was set anew by guess: the line holds until the next report, which replaces it."""
        if self._points:
            self._restart(x, self.at(x))
            self._provisional = True

    def _restart(self, x: int, value: int) -> None:
        self._points.clear()
        self._points.append((x, value))
        self._suspect = None
        self._provisional = False
        self._reference, self._level = x, value

    def _fit(self) -> None:
        points = self._points
        half = len(points) // 2
        if len(points) >= 8 and points[-1][0] - points[0][0] >= 30 * SECOND_NS:
            pairs = zip(points, islice(points, half, None), strict=False)
            slope = median((later[1] - early[1]) / max(1, later[0] - early[0]) for early, later in pairs)
            self._slope = max(-_MAX_SLOPE, min(_MAX_SLOPE, slope))
        self._reference = reference = points[-1][0]
        newest = islice(points, max(0, len(points) - 8), None)
        self._level = int(median(value - int(self._slope * (x - reference)) for x, value in newest))
