"""What has become of a recording before this process."""

from dataclasses import dataclass

from bot.control.anchor import Instant
from bot.control.status import Status
from bot.ending import Presences
from bot.footage import Footage
from bot.library.folder import RecordingFolder
from bot.lifecycle import State
from bot.recording import Order
from mixer.errors import MixerError
from mixer.mp4.finish import recorded_ns

_GOES_ON = frozenset({State.RECORDING, State.PAUSED})


@dataclass(frozen=True, slots=True)
class Past:
    """`part` is the one that is to be written now. `status` is the last word of the bot before, None for a first one.
    `footage` and `recorded_ns` are of the part written last, the former None when nothing is known of it."""

    part: int
    presences: Presences
    status: Status | None = None
    footage: Footage | None = None
    recorded_ns: int = 0

    @property
    def state(self) -> State:
        if self.status is not None and self.status.state is not State.STARTING:
            return self.status.state
        return State.RECORDING if self.recorded_ns else State.STARTING

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
    """Of a recording that has none. The room has been open since before the order, if nobody knows better."""
    opened = order.opened_at or order.asked_at
    opened_ns = now.monotonic_ns - (now.unix_ns - int(opened.timestamp() * 1e9))
    return Past(1, Presences(opened_ns=opened_ns))


def read_past(order: Order, folder: RecordingFolder, now: Instant) -> Past:
    """From status.json and the parts. Goes through the parts: a second for hours of recording."""
    status = Status.read(folder.path)
    shown = {int(path.stem.removeprefix("part-")): _shown_ns(folder, path.name) for path in folder.parts()}
    part = max([0, *shown, status.part if status is not None else 0]) + 1
    new = no_past(order, now)
    if status is None or status.anchor is None:
        return Past(part, new.presences, status, recorded_ns=sum(shown.values()))
    anchor = status.anchor.carried(now)
    first = anchor.footage.part if anchor.footage is not None else 0
    recorded = sum(duration_ns for number, duration_ns in shown.items() if number >= first)
    return Past(part, anchor.presences, status, anchor.footage, recorded)


def _shown_ns(folder: RecordingFolder, name: str) -> int:
    try:
        return recorded_ns(folder.path / name)
    except (OSError, MixerError):
        return 0
