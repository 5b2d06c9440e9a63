"""Who is in a generated room, what they publish, and what happens when. Values only.

Whoever has no `Join` is there from the beginning; a publication without a `Publish` is published as soon as its
participant is there. Times are nanoseconds of room time, which begins when the room starts.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from signaling.event import EndCause
from signaling.model import Role, TrackKind, TrackSource
from signaling.rehearsal.encoding import SoundEncoding, VideoEncoding
from signaling.rehearsal.rhythm import SECOND_NS


@dataclass(frozen=True, slots=True)
class Clock:
    """A participant's own clock: `ppm` fast against the room's. Sender reports begin `first_report_ns` after the first
    packet of a track; None: there are none."""

    ppm: float = 0.0
    first_report_ns: int | None = 0
    report_interval_ns: int = SECOND_NS


@dataclass(frozen=True, slots=True)
class PublicationPlan:
    """`number` (0 to 63, one a publication) is what its marks and tones say. `video` has one encoding, or several for
    simulcast, largest first. Where the numbers of packets and timestamps begin follows from the plan's seed unless
    given."""

    name: str
    number: int
    video: tuple[VideoEncoding, ...] = ()
    sound: SoundEncoding | None = None
    stage: bool = False
    file: bool = False  # the stage is a file that is played, not a screen
    first_sequence: int | None = None
    first_timestamp: int | None = None
    sound_first_timestamp: int | None = None

    @property
    def kinds(self) -> tuple[TrackKind, ...]:
        return ((TrackKind.VIDEO,) if self.video else ()) + ((TrackKind.AUDIO,) if self.sound else ())

    def source(self, kind: TrackKind) -> TrackSource:
        if self.file:
            return TrackSource.FILE
        return _SOURCES[kind, self.stage]


_SOURCES = {
    (TrackKind.VIDEO, False): TrackSource.CAMERA,
    (TrackKind.AUDIO, False): TrackSource.MICROPHONE,
    (TrackKind.VIDEO, True): TrackSource.SCREEN_SHARE,
    (TrackKind.AUDIO, True): TrackSource.SCREEN_SHARE_AUDIO,
}


@dataclass(frozen=True, slots=True)
class ParticipantPlan:
    identity: str
    display_name: str
    publications: tuple[PublicationPlan, ...] = ()
    role: Role = Role.PARTICIPANT
    mobile: bool = False
    clock: Clock = field(default_factory=Clock)


class MuteBy(StrEnum):
    STOPPING = "stopping"  # no packets at all
    BLANKING = "blanking"  # black pictures or silence go on being sent


@dataclass(frozen=True, slots=True)
class Join:
    at_ns: int
    identity: str


@dataclass(frozen=True, slots=True)
class Leave:
    at_ns: int
    identity: str


@dataclass(frozen=True, slots=True)
class Crash:
    """Packets stop. The room says so `noticed_after_ns` later, or never."""

    at_ns: int
    identity: str
    noticed_after_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Gone for `gap_ns`, then back as the same participant with tracks and packets that are all new."""

    at_ns: int
    identity: str
    gap_ns: int = SECOND_NS


@dataclass(frozen=True, slots=True)
class Publish:
    at_ns: int
    identity: str
    publication: str


@dataclass(frozen=True, slots=True)
class Unpublish:
    at_ns: int
    identity: str
    publication: str


@dataclass(frozen=True, slots=True)
class Mute:
    at_ns: int
    identity: str
    publication: str
    kind: TrackKind
    announced: bool = True
    by: MuteBy = MuteBy.STOPPING


@dataclass(frozen=True, slots=True)
class Unmute:
    """An announced mute is taken back with an announcement. Without `keyframe` the pictures go on in the middle of a
    group, as when an SFU held back packets of a sender who never stopped."""

    at_ns: int
    identity: str
    publication: str
    kind: TrackKind
    keyframe: bool = True


@dataclass(frozen=True, slots=True)
class Encode:
    """Another size, rate or codec from now on."""

    at_ns: int
    identity: str
    publication: str
    video: tuple[VideoEncoding, ...]


@dataclass(frozen=True, slots=True)
class Restage:
    """The publication goes on the stage or off it."""

    at_ns: int
    identity: str
    publication: str
    stage: bool


@dataclass(frozen=True, slots=True)
class Close:
    """The room is over."""

    at_ns: int
    cause: EndCause = EndCause.CLOSED


Action = Join | Leave | Crash | Reconnect | Publish | Unpublish | Mute | Unmute | Encode | Restage | Close


@dataclass(frozen=True, slots=True)
class Plan:
    """Raises ValueError when it names somebody or something it does not have, or a number twice."""

    participants: tuple[ParticipantPlan, ...]
    actions: tuple[Action, ...] = ()
    title: str = "Rehearsal"
    seed: int = 1
    _by_identity: dict[str, ParticipantPlan] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "actions", tuple(sorted(self.actions, key=lambda action: action.at_ns)))
        object.__setattr__(self, "_by_identity", {one.identity: one for one in self.participants})
        numbers = [publication.number for one in self.participants for publication in one.publications]
        if len(set(numbers)) != len(numbers) or len(self._by_identity) != len(self.participants):
            raise ValueError("a plan has an identity or a publication number twice")
        for action in self.actions:
            if isinstance(action, Close):
                continue
            if isinstance(action, Publish | Unpublish | Mute | Unmute | Encode | Restage):
                self.publication(action.identity, action.publication)
            else:
                self.participant(action.identity)

    def participant(self, identity: str) -> ParticipantPlan:
        if identity not in self._by_identity:
            raise ValueError(f"the plan has no participant {identity!r}")
        return self._by_identity[identity]

    def publication(self, identity: str, name: str) -> PublicationPlan:
        for publication in self.participant(identity).publications:
            if publication.name == name:
                return publication
        raise ValueError(f"{identity!r} has no publication {name!r} in the plan")

    @property
    def end_ns(self) -> int | None:
        """When the room closes."""
        return next((action.at_ns for action in self.actions if isinstance(action, Close)), None)
