"""What a REMB grants, where the SFU negotiated no transport-wide feedback."""

_FLOOR_BPS = 500_000
_GROWTH = 1.25
_LOSSY = 0.10
_PATIENCE = 3


class BandwidthGrant:
    """Generous: a recording wants the best layer, and nobody else shares its link. Only lasting heavy loss, three
    reports in a row over 10 %, brings it down to what gets through; it rises by a quarter a report afterwards."""

    def __init__(self, most_bps: int) -> None:
        self._most_bps = most_bps
        self._bps = most_bps
        self._lossy = 0

    def update(self, received_bps: int, loss: float) -> int:
        """Once a report: bits that came in the last second and the share of packets lost. Returns the grant."""
        self._lossy = self._lossy + 1 if loss > _LOSSY else 0
        if self._lossy >= _PATIENCE:
            self._bps = max(_FLOOR_BPS, min(self._bps, int(received_bps * 0.9)))
        elif not self._lossy:
            self._bps = min(self._most_bps, int(self._bps * _GROWTH))
        return self._bps
