"""What a bot says of its recording: on the control socket, and in status.json for whoever comes after it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from bot.control.anchor import Anchor
from bot.library.replacement import replace_file
from bot.lifecycle import EndReason, State

STATUS_FILE = "status.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """`*_s` that are moments (`recording_since`, `host_absent_until`, `ends_at`) are seconds since 1970; None: not yet,
    or not at all."""

    recording: str
    part: int
    state: State
    pid: int
    pid_started: int  # clock ticks since boot: a pid alone may be somebody else's by now
    time_s: float = 0.0  # the counter: how much is in the file, all parts
    recording_since: float | None = None  # first frame in the file
    first_frame_s: float | None = None  # from the order to that
    tracks: int = 0
    participants: int = 0
    connected: bool = False  # to the room
    fps: float = 0.0
    bitrate_kbps: float = 0.0
    load: float = 0.0
    lag_ms: float = 0.0
    gives_way: str = ""  # in words; empty at full quality
    packets: int = 0
    lost: int = 0  # never arrived, not even when asked for again
    recovered: int = 0
    repeated: int = 0  # pictures in place of new ones, because the machine was too busy
    freezes: int = 0  # pictures that stood, or sound that was gone, because of losses
    rejoins: int = 0
    layout: str = ""
    host_absent_until: float | None = None
    ends_at: float | None = None
    ends_because: EndReason | None = None
    end_reason: EndReason | None = None
    problem: str = ""  # a sentence: why it failed
    notice: str = ""  # sentences: what else there is to know of the finished file
    path: str | None = None  # of the finished file
    others: tuple[str, ...] = ()  # files of later parts that could not be joined to it
    size_bytes: int = 0
    duration_s: float = 0.0
    chapters: tuple[tuple[float, str], ...] = ()  # seconds in the file, and text
    interruptions_s: tuple[float, ...] = ()  # between parts
    title: str = ""
    room_title: str = ""
    anchor: Anchor | None = field(default=None, repr=False)  # from which the next part goes on

    @property
    def paused(self) -> bool:
        return self.state is State.PAUSED

    @property
    def is_final(self) -> bool:
        return self.state in {State.AVAILABLE, State.FAILED}

    def as_values(self) -> dict[str, Any]:
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        values = {key: round(value, 3) if isinstance(value, float) else value for key, value in values.items()}
        return values | {"paused": self.paused, "anchor": self.anchor and self.anchor.as_values()}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Keys that are not known are passed over: bot and service may be of different versions while one of them is
        being replaced. Raises ValueError for what is no status."""
        known = {item.name for item in fields(cls)}
        try:
            read = {key: _READERS.get(key, _same)(value) for key, value in values.items() if key in known}
            return cls(**read)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"no status of a recording: {error}") from None

    def write(self, folder: Path) -> None:
        """status.json, replaced as a whole. Raises OSError."""
        replace_file(folder / STATUS_FILE, json.dumps(self.as_values(), indent=1).encode())

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """None when there is none, or none that can be read."""
        try:
            values = json.loads((folder / STATUS_FILE).read_bytes())
            return cls.from_values(values)
        except (OSError, ValueError, AttributeError):
            return None


def _same(value: Any) -> Any:
    return value


def _reason(value: Any) -> EndReason | None:
    return None if value is None else EndReason(value)


_READERS: dict[str, Callable[[Any], Any]] = {
    "state": State,
    "ends_because": _reason,
    "end_reason": _reason,
    "chapters": lambda value: tuple((float(at_s), str(text)) for at_s, text in value),
    "interruptions_s": tuple,
    "others": lambda value: tuple(map(str, value)),
    "anchor": lambda value: None if value is None else Anchor.from_values(value),
}
