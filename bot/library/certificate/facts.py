"""What is known of a finished recording beside the account of its events and its report."""

from dataclasses import dataclass
from datetime import datetime

from bot.lifecycle import EndReason, State
from signaling.model import RoomKind


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried on the finished file: `what`, like "It decodes from beginning to end", and in `words`
    what was found (may be empty)."""

    what: str
    passed: bool
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`problem` and `notice` are empty, or sentences as `Finalised` has them. Times have a time zone; the page shows
    them in it. `checks` is empty when none were made, and the page says so."""

    recording: str
    title: str
    duration_s: float  # of the file; 0: there is none
    room_title: str = ""
    room_kind: RoomKind | None = None
    state: State = State.AVAILABLE
    end_reason: EndReason | None = None
    problem: str = ""
    notice: str = ""
    file: str | None = None  # its name
    size_bytes: int | None = None
    sha256: str | None = None
    parts: int = 1
    asked_at: datetime | None = None
    recording_since: datetime | None = None  # its first frame
    checks: tuple[Check, ...] = ()
