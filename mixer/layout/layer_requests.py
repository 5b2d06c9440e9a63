"""What size is asked of the SFU for each track, without asking all the time."""

from mixer.requests import Requests
from mixer.source import Size

# A tile that grows or shrinks by less than this does not change the layer.
ENOUGH = 1.25
# A changed size must have lasted this long, so that a layout on its way elsewhere does not switch layers twice.
SETTLE_NS = 1_000_000_000


class LayerRequests:
    """Call `want` once a tick for every track; requests go out when something worth it has changed."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._asked: dict[str, Size | None] = {}
        self._changed_ns: dict[str, int] = {}

    def asked(self, track: str) -> Size | None:
        return self._asked.get(track)

    def want(self, track: str, size: Size | None, now_ns: int) -> None:
        """None: the track is not shown. What is shown for the first time, or again, is asked for at once."""
        if track in self._asked and not _differs(self._asked[track], size):
            self._changed_ns.pop(track, None)
            return
        at_once = track not in self._asked or self._asked[track] is None
        if not at_once and now_ns - self._changed_ns.setdefault(track, now_ns) < SETTLE_NS:
            return
        self._changed_ns.pop(track, None)
        self._asked[track] = size
        self._requests.request_layer(track, size)

    def forget(self, track: str) -> None:
        self._asked.pop(track, None)
        self._changed_ns.pop(track, None)


def _differs(asked: Size | None, wanted: Size | None) -> bool:
    if asked is wanted:
        return False
    if asked is None or wanted is None:
        return True
    return _far_apart(asked.width, wanted.width) or _far_apart(asked.height, wanted.height)


def _far_apart(one: int, other: int) -> bool:
    return one >= ENOUGH * other or other >= ENOUGH * one
