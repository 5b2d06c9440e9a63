"""Signs of life from stages at rest."""

from mixer.requests import Requests

# A stage without new pictures is asked for a keyframe this often: one that is alive, and only at rest, answers.
PROBE_NS = 5_000_000_000


class Probes:
    """`keep` every tick for every stage."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._asked_ns: dict[str, int] = {}

    def keep(self, track: str, newest_ns: int | None, tick_ns: int) -> None:
        """`newest_ns`: pts of the newest frame that came; None: nothing has come yet."""
        if newest_ns is None:
            return
        if tick_ns - max(newest_ns, self._asked_ns.get(track, newest_ns)) >= PROBE_NS:
            self._asked_ns[track] = tick_ns
            self._requests.request_keyframe(track)

    def forget(self, track: str) -> None:
        self._asked_ns.pop(track, None)
