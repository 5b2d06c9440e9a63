"""What a track is given to work with."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from bot.receive.mute import Mutes
from bot.receive.settings import ReceiveSettings
from mixer.frame import EncodedFrame


class Feedback(Protocol):
    """The way back to the sender of a track's packets. Owned by the connection."""

    def nack(self, ssrc: int, sequences: list[int]) -> None: ...

    def picture_loss(self, ssrc: int, *, full_intra: bool) -> None: ...


MOST_BREAKS = 4096


class Break(NamedTuple):
    """Nothing of the track was there for that time, because packets were lost. Pts."""

    track: str
    from_ns: int
    to_ns: int


@dataclass(slots=True)
class Surroundings:
    """What all tracks of one receiver share."""

    settings: ReceiveSettings
    emit: Callable[[EncodedFrame], None]
    origin_ns: int  # local monotonic time at which the recording began
    delay_ns: Callable[[int], int]  # how far the mix runs behind at a moment
    breaks: deque[Break] = field(default_factory=lambda: deque(maxlen=MOST_BREAKS))  # that nobody took; the newest
    mutes: Mutes = field(init=False)

    def __post_init__(self) -> None:
        self.mutes = Mutes(self.settings.max_tracks_kept)
