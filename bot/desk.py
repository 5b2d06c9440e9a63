"""Where a recording is steered from: what is known of it, what is wished of it, and the rules that end it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.configuration import Configuration
from bot.control.anchor import Anchor, Instant
from bot.control.board import Board
from bot.control.process import own
from bot.control.status import Status
from bot.ending import End, Sight, next_end
from bot.errors import NotNow
from bot.footage import RESUMED, Footage
from bot.library.finalise import Finalised
from bot.library.image import as_jpeg
from bot.lifecycle import EndReason, State, advance
from bot.notices import AVAILABLE, STARTING, notices
from bot.past import Past, opened_ns
from bot.presence import Presence
from bot.progress import Progress
from bot.recording import Order
from bot.rig import Rig
from bot.settings import limits
from mixer.settings import LayoutName
from signaling.model import Role

_NS = 1_000_000_000
_STEERABLE = frozenset({State.STARTING, State.RECORDING, State.PAUSED})
_FIGURES = ("fps", "bitrate_kbps", "load", "lag_ms", "gives_way", "packets", "lost", "recovered", "repeated", "freezes")


class Desk:
    """The `Controls` of the recording. On the event loop's thread. Every change is posted on `board`, and said in the
    room where it is one that people are told of."""

    def __init__(self, order: Order, configuration: Configuration, presence: Presence, past: Past) -> None:
        before = past.status
        self.board = Board()
        self.state = past.state if past.goes_on else State.STARTING
        self.end_asked = asyncio.Event()
        self.end_reason: EndReason | None = None
        self.layout = LayoutName((before and before.layout) or order.layout or configuration.layout)
        self.footage: Footage | None = None
        self.before_cut: Callable[[], None] = lambda: None  # called when a pause begins and when it ends
        self._order = order
        self._configuration = configuration
        self._limits = limits(configuration, order)
        self._presence = presence
        self._past = past
        self._presences = past.presences
        self._connected = False  # as was posted last
        self._rig: Rig | None = None
        self._progress: Progress | None = None
        self._process = own()
        self._recording_since = before.recording_since if before else None
        if past.goes_on and self._recording_since is None:  # the bot before died before it could say so
            self._recording_since = time.time() - past.total_ns / _NS
        self._first_frame_s = before.first_frame_s if before else None
        self._problem = ""
        self._path: Path | None = None
        self._finalised: Finalised | None = None

    @property
    def title(self) -> str:
        return self._order.title or self.room_title

    @property
    def room_title(self) -> str:
        if self._presence.room is not None:
            return self._presence.room.title
        return self._past.status.room_title if self._past.status is not None else ""

    @property
    def room_id(self) -> str:
        return self._order.room_id or (self._presence.room.id if self._presence.room else self._order.address.room)

    @property
    def chapters(self) -> tuple[tuple[int, str], ...]:
        """File time in nanoseconds, and text; once there is a file, those that are in it."""
        if self._finalised is not None:
            return tuple((chapter.start_ns, chapter.title) for chapter in self._finalised.chapters)
        return tuple((at_ns, RESUMED) for at_ns in self.footage.chapters_ns) if self.footage is not None else ()

    @property
    def interruptions_s(self) -> tuple[float, ...]:
        """Between parts."""
        gaps_ns = self.footage.gaps_ns if self.footage is not None else ()
        return tuple(round(gap_ns / _NS, 3) for gap_ns in gaps_ns if gap_ns)

    # The course of the recording

    def entered(self) -> None:
        """The room, for the first time."""
        if self._past.part == 1:
            self._presence.notify(STARTING)
        self.post()

    def begin(self, rig: Rig, footage: Footage) -> None:
        self._rig, self.footage = rig, footage
        self.post()

    def first_frame(self) -> None:
        """Is in the file."""
        self._recording_since = time.time()
        self._first_frame_s = self._recording_since - self._order.asked_at.timestamp()
        self.advance(State.RECORDING)

    def advance(self, state: State) -> None:
        """Raises ValueError for a step that is none."""
        before, self.state = self.state, advance(self.state, state)
        for notice in notices(before, state, part=self._past.part):
            if notice is not AVAILABLE or self._order.announces:
                self._presence.notify(notice)
        self.post()

    def end_with(self, reason: EndReason) -> None:
        """That is why it ended, whatever was wished."""
        self.end_reason = reason

    def publish(self, finalised: Finalised) -> None:
        self._path, self._finalised = finalised.path, finalised
        self.advance(State.AVAILABLE)

    def fail(self, problem: str, kept: Path | None, finalised: Finalised | None = None) -> None:
        """It is over; idempotent."""
        if self.state is State.FAILED:
            return
        self._problem, self._path, self._finalised = problem, kept, finalised
        self.end_reason = self.end_reason or EndReason.FAILED
        self.advance(State.FAILED)

    def give_up(self, problem: str, kept: Path | None = None) -> None:
        """As `fail`, but a later part that could not begin has no last word: what the earlier ones have left is yet to
        be finished."""
        if self.footage is not None or not self._past.goes_on:
            self.fail(problem, kept)

    def take(self, progress: Progress) -> None:
        """What the instruments say."""
        self._progress = progress

    def look(self, now_ns: int) -> None:
        """Keep the rules: once in a while, at least ten times a second."""
        before = self._presences, self._connected
        self._presences = self._presences.look(self._sight(), now_ns)
        if (self._presences, self._presence.is_there) != before:
            self.post()
        self._connected = self._presence.is_there
        if (end := self._next_end(now_ns)).at_ns <= now_ns:
            self.end(end.reason)

    # Controls

    def pause(self) -> None:
        self._steer()
        if self.state is State.RECORDING:
            self._cut(paused=True)
            self.advance(State.PAUSED)

    def resume(self) -> None:
        self._steer()
        if self.state is State.PAUSED:
            self._cut(paused=False)
            self.advance(State.RECORDING)

    def end(self, reason: EndReason) -> None:
        """In order; the first reason counts."""
        if self.state in {State.AVAILABLE, State.FAILED}:
            raise NotNow("The recording is over.")
        if self.state in _STEERABLE and not self.end_asked.is_set():
            self.end_reason = reason
            self.end_asked.set()
            self.post()

    def set_layout(self, name: LayoutName) -> None:
        if self.state not in _STEERABLE:
            raise NotNow("The recording is over: its layout stays as it is.")
        self.layout = name
        if self._rig is not None:
            self._rig.mixer.set_layout(name)
        self.post()

    def follow_order(self) -> None:
        """It was written anew, because the room was told of anew: who its hosts are, and when its time is over."""
        order = Order.read(self._order.folder)
        self._order = replace(
            self._order, hosts=order.hosts, opened_at=order.opened_at, room_timeout_s=order.room_timeout_s
        )
        self._limits = limits(self._configuration, self._order)
        self._presences = replace(self._presences, opened_ns=opened_ns(self._order, Instant.now()))
        self.post()

    def tell_host(self, *, present: bool, identity: str | None) -> None:
        self._presences = self._presences.tell(present=present, identity=identity, now_ns=time.monotonic_ns())
        self.post()

    async def picture(self, width: int) -> bytes | None:
        picture = await self.still(width)
        return None if picture is None else await asyncio.to_thread(as_jpeg, picture)

    async def still(self, width: int) -> NDArray[np.uint8] | None:
        """The newest mixed picture, BGR, in a pause too: it shows what is now. None before the first."""
        return None if self._rig is None else await asyncio.to_thread(self._rig.mixer.still, width)

    async def recorded_still(self, width: int) -> NDArray[np.uint8] | None:
        """The same; None also while it is not in the file."""
        return None if self._rig is None else await asyncio.to_thread(self._rig.mixer.recorded_still, width)

    def status(self) -> Status:
        now = Instant.now()
        end = None if self.end_asked.is_set() or self.state is State.FAILED else self._next_end(now.monotonic_ns)
        absent_ns = self._presences.host_absent_since_ns
        pid, started = self._process
        return Status(
            recording=self._order.recording_id,
            part=self._past.part,
            state=self.state,
            pid=pid,
            pid_started=started,
            time_s=self._recorded_ns() / _NS,
            recording_since=self._recording_since,
            first_frame_s=self._first_frame_s,
            tracks=len(self._presence.tracks),
            participants=len(self._presence.participants),
            connected=self._presence.is_there,
            **({name: getattr(self._progress, name) for name in _FIGURES} if self._progress is not None else {}),
            rejoins=self._presence.rejoins,
            layout=self.layout,
            host_absent_until=None if absent_ns is None else now.unix_s(absent_ns + self._limits.host_absent_ns),
            ends_at=None if end is None else now.unix_s(end.at_ns),
            ends_because=None if end is None else end.reason,
            end_reason=self.end_reason,
            problem=self._problem,
            path=None if self._path is None else str(self._path),
            others=tuple(map(str, self._finalised.others)) if self._finalised else (),
            size_bytes=_size(self._path),
            duration_s=self._finalised.duration_ns / _NS if self._finalised else 0.0,
            notice=self._finalised.notice if self._finalised else "",
            chapters=tuple((round(at_ns / _NS, 3), text) for at_ns, text in self.chapters),
            interruptions_s=self.interruptions_s,
            title=self.title,
            room_title=self.room_title,
            anchor=Anchor(now, self._presences, self.footage or self._past.footage),
        )

    def post(self) -> None:
        self.board.post(self.status())

    def _steer(self) -> None:
        """Raises NotNow unless it records."""
        if self.state is State.STARTING:
            raise NotNow("The recording has not begun yet; wait until its first picture is in the file.")
        if self.end_asked.is_set() or self.state not in {State.RECORDING, State.PAUSED}:
            raise NotNow("The recording has ended.")

    def _cut(self, *, paused: bool) -> None:
        assert self._rig is not None
        assert self.footage is not None, "they come together"
        self.before_cut()
        now_ns = time.monotonic_ns()
        if paused:
            self.footage = self.footage.pause(now_ns)
            self._rig.mixer.pause(now_ns - self.footage.began_ns)
        else:
            self.footage = self.footage.resume(now_ns)
            self._rig.mixer.resume(now_ns - self.footage.began_ns)

    def _sight(self) -> Sight | None:
        if not self._presence.is_there:
            return None
        people = self._presence.participants
        hosts = {who for who, one in people.items() if one.role is Role.HOST or who in self._order.hosts}
        return Sight(frozenset(hosts), anybody=bool(people or self._presence.tracks))

    def _recorded_ns(self) -> int:
        if self._finalised is not None and self._finalised.duration_ns:
            return self._finalised.duration_ns
        if self.footage is None or self._rig is None:
            return self._past.total_ns
        return self.footage.before_ns + self._rig.mixer.recorded_ns

    def _next_end(self, now_ns: int) -> End:
        footage = self.footage
        recorded_ns = 0 if footage is None else footage.before_ns + footage.file_ns(now_ns)
        paused = footage is None or footage.paused_at_ns is not None
        return next_end(self._presences, self._limits, now_ns, recorded_ns=recorded_ns, paused=paused)


def _size(path: Path | None) -> int:
    try:
        return path.stat().st_size if path is not None else 0
    except OSError:
        return 0
