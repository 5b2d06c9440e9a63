"""What has become of a recording before this process."""

from dataclasses import dataclass, field
from pathlib import Path

import av

from bot.control.anchor import Instant
from bot.control.status import Status
from bot.ending import Presences
from bot.footage import Footage
from bot.library.folder import RecordingFolder
from bot.lifecycle import State
from bot.recording import Order
from mixer.decode.last_picture import last_picture
from mixer.errors import MixerError
from mixer.mp4.tail import recorded_ns_by_tail

_GOES_ON = frozenset({State.RECORDING, State.PAUSED})
_ENDING = frozenset({State.STOPPING, State.FINALISING})


@dataclass(frozen=True, slots=True)
class Past:
    """`part` is the one that is to be written now. `status` is the last word of the bot before, None for a first one.
    `footage` and `recorded_ns` are of the part written last, the former None when nothing is known of it."""

    part: int
    presences: Presences
    status: Status | None = None
    footage: Footage | None = None
    recorded_ns: int = 0
    last_picture: av.VideoFrame | None = field(default=None, repr=False, compare=False)

    @property
    def state(self) -> State:
        if self.status is not None and self.status.state is not State.STARTING:
            return self.status.state
        return State.RECORDING if self.recorded_ns else State.STARTING

    @property
    def is_ending(self) -> bool:
        """Its end had been decided: there is nothing left to do but to finish it."""
        return self.state in _ENDING or (self.status is not None and self.status.end_reason is not None)

    @property
    def total_ns(self) -> int:
        """In the file, all parts."""
        return self.recorded_ns + (self.footage.before_ns if self.footage is not None else 0)

    @property
    def goes_on(self) -> bool:
        """There is something in the file already: nothing that happens now may throw it away."""
        return self.state in _GOES_ON

    def begin(self, now_ns: int) -> tuple[Footage, int]:
        """The part that begins now, and how long its gap is."""
        if self.footage is None:
            return Footage(part=self.part, began_ns=now_ns, before_ns=self.recorded_ns), 0
        return self.footage.following(self.recorded_ns, now_ns, part=self.part)


def no_past(order: Order, now: Instant) -> Past:
    """Of a recording that has none."""
    return Past(1, Presences(opened_ns=opened_ns(order, now)))


def opened_ns(order: Order, now: Instant) -> int:
    """On the clock of `now`. The room has been open since before the order, if nobody knows better."""
    opened = order.opened_at or order.asked_at
    return now.monotonic_ns - (now.unix_ns - int(opened.timestamp() * 1e9))


def read_past(order: Order, folder: RecordingFolder, now: Instant) -> Past:
    """From status.json, and the ends of those parts that it does not know of."""
    status = Status.read(folder.path)
    parts = folder.numbered_parts()
    part = max([0, *(number for number, _ in parts), status.part if status is not None else 0]) + 1
    anchor = status.anchor.carried(now) if status is not None and status.anchor is not None else None
    footage = anchor.footage if anchor is not None else None
    first = footage.part if footage is not None else 0
    shown = {path: _shown_ns(path) for number, path in parts if number >= first}
    recorded = sum(shown.values())
    if status is not None and status.state is State.STARTING and not recorded:
        footage = None  # no picture of it has reached the disk: there is nothing that could have a gap behind it
    presences = anchor.presences if anchor is not None else no_past(order, now).presences
    picture = last_picture([path for path, shown_ns in shown.items() if shown_ns][-1]) if recorded else None
    return Past(part, presences, status, footage, recorded, picture)


def _shown_ns(part: Path) -> int:
    try:
        return recorded_ns_by_tail(part)
    except (OSError, MixerError):
        return 0
