"""One recording as the service knows it."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from bot.library.catalogue.delivery import Delivery
from bot.lifecycle import EndReason, State
from signaling.model import RoomKind

ENDED = frozenset({State.AVAILABLE, State.FAILED})
# No bot has anything more to do with it.
MADE = ENDED | {State.UPLOADING}
# Somebody may still be in the room for it: until then the room takes no other recording.
IN_ROOM = frozenset({State.STARTING, State.RECORDING, State.PAUSED, State.STOPPING, State.FINALISING})


@dataclass(frozen=True, slots=True)
class Live:
    """Its bot at this moment. Never kept."""

    time_s: float  # in the file
    connected: bool = True  # to the room
    tracks: int = 0
    participants: int = 0
    fps: float = 0.0
    bitrate_kbps: float = 0.0
    lag_ms: float = 0.0
    load: float = 0.0  # share of real time that the mixer is busy
    gives_way: str = ""  # in words; empty at full quality
    packets: int = 0
    lost: int = 0  # never arrived, not even when asked for again
    recovered: int = 0
    repeated: int = 0  # pictures in place of new ones, because the machine was too busy
    freezes: int = 0  # pictures that stood, or sound that was gone, because of losses
    rejoins: int = 0
    cores: float = 0.0  # processor that the bot's process takes
    ends_at: float | None = None  # unix seconds: when nothing changes
    ends_because: EndReason | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """Times ending in `_at` and `recording_since` are unix seconds. `path`, relative to the library, is for the service
    alone; `file` is the finished file's name."""

    id: str
    room: str
    room_title: str
    room_kind: RoomKind
    parent: str | None
    title: str
    state: State
    asked_at: float
    started_by: str
    owner: str
    folder: str
    end_reason: EndReason | None = None
    recording_since: float | None = None  # its first frame
    first_frame_s: float | None = None  # from `asked_at` to the first frame in the file
    ended_at: float | None = None
    duration_s: float | None = None
    size_bytes: int | None = None
    file: str | None = None
    path: str | None = None
    poster: bool = False
    parts: int = 1
    interruptions: int = 0
    problem: str = ""  # a sentence
    layout: str | None = None
    chapters: tuple[tuple[float, str], ...] = ()
    host_absent_until: float | None = None
    given_up: bool = False  # its parts could not be finished; the next start of the service tries again
    sha256: str | None = None  # of the finished file, in hexadecimal; None: not worked out yet
    companions: tuple[str, ...] = ()  # names of the files in its folder that go with it
    held: bool = False  # finished, but nobody's to see before its room is closed
    published_at: float | None = None  # every destination has it
    trashed_at: float | None = None
    link_series: int = 0  # links of an earlier one open nothing any more
    live: Live | None = field(default=None, compare=False)
    destinations: tuple[Delivery, ...] = field(default=(), compare=False)  # once it is made; kept in rows of their own

    @property
    def is_over(self) -> bool:
        return self.state in ENDED

    @property
    def is_made(self) -> bool:
        """Its file lies in the library as it stays, or there will be none."""
        return self.state in MADE

    @property
    def is_in_room(self) -> bool:
        return self.state in IN_ROOM

    def as_text(self) -> str:
        values = asdict(replace(self, destinations=()))
        del values["live"], values["destinations"]
        return json.dumps(values)

    @classmethod
    def from_text(cls, text: str) -> Self:
        values: dict[str, Any] = json.loads(text)
        reason = values.get("end_reason")
        return cls(
            **values
            | {
                "room_kind": RoomKind(values["room_kind"]),
                "state": State(values["state"]),
                "end_reason": None if reason is None else EndReason(reason),
                "chapters": tuple((start_s, words) for start_s, words in values.get("chapters", ())),
                "companions": tuple(values.get("companions", ())),
                "destinations": (),
            }
        )
