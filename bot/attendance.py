"""Brings what is published in the room into the mix, and takes it out again."""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from mixer.source import Source, SourceKind
from signaling.model import Track

MOST_KNOWN = 4096  # as many as the receiver keeps figures of
MOST_INTERRUPTIONS = 1000

log = logging.getLogger(__name__)


class Mix(Protocol):
    """What attendance needs of the mixer."""

    def add(self, source: Source) -> None:
        """A track that is there already changes into `source`."""

    def remove(self, track: str) -> None: ...

    def set_muted(self, track: str, muted: bool) -> None: ...


class Attendance:
    """The listener of `Presence`."""

    def __init__(self, mix: Mix, on_mute: Callable[[str, bool], None] = lambda *_: None) -> None:
        """`on_mute` is told of every track whether there is nothing to come of it: it is muted, or went."""
        self._mix = mix
        self._on_mute = on_mute
        self._present: dict[str, Track] = {}
        self._known: dict[str, Track] = {}
        self.forgotten = 0
        self.interruptions_ns: deque[int] = deque(maxlen=MOST_INTERRUPTIONS)  # the newest

    def __len__(self) -> int:
        return len(self._present)

    @property
    def known(self) -> Iterable[Track]:
        """Every track that came, as it was last; of more than 4096 the newest."""
        return self._known.values()

    def find(self, track_id: str) -> Track | None:
        """Among the known."""
        return self._known.get(track_id)

    def track_came(self, track: Track) -> None:
        log.info("track %s of %s came (%s)", track.id, track.participant, track.source)
        self._remember(track)
        self._mix.add(Source(track.id, track.participant, SourceKind(track.kind), track.stage))
        if track.muted:
            self._mix.set_muted(track.id, True)
        self._on_mute(track.id, track.muted)

    def track_changed(self, track: Track) -> None:
        before = self._present.get(track.id)
        if before is None or before.stage != track.stage:
            self.track_came(track)
        else:
            self._remember(track)
            self._mix.set_muted(track.id, track.muted)
            self._on_mute(track.id, track.muted)

    def track_went(self, track_id: str) -> None:
        if self._present.pop(track_id, None) is not None:
            log.info("track %s went", track_id)
            self._mix.remove(track_id)
            self._on_mute(track_id, True)

    def _remember(self, track: Track) -> None:
        self._present[track.id] = self._known[track.id] = track
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
            self.forgotten += 1

    def was_away(self, away_ns: int) -> None:
        self.interruptions_ns.append(away_ns)
