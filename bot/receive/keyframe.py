"""When a track asks for a keyframe."""

from bot.receive.settings import SECOND_NS

_PATIENT_AFTER = 10
_PATIENT_NS = 2 * SECOND_NS


class KeyframeRequests:
    """At most one in `interval_ns`; repeated until a keyframe comes, more slowly after ten that nobody answered."""

    def __init__(self, interval_ns: int) -> None:
        self._interval_ns = interval_ns
        self._wanted = False
        self._unanswered = 0
        self._last_ns: int | None = None

    @property
    def wanted(self) -> bool:
        return self._wanted

    def want(self) -> None:
        self._wanted = True

    def arrived(self) -> None:
        self._wanted = False
        self._unanswered = 0

    def due(self, now_ns: int) -> bool:
        """True when one is to be sent now; counts as sent."""
        if not self._wanted:
            return False
        wait = self._interval_ns if self._unanswered < _PATIENT_AFTER else _PATIENT_NS
        if self._last_ns is not None and now_ns - self._last_ns < wait:
            return False
        self._last_ns = now_ns
        self._unanswered += 1
        return True
