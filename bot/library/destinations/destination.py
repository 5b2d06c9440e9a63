"""What the publisher and a destination say to each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from bot.library.catalogue.delivery import Evidence, Kind
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry

__all__ = ("Destination", "Evidence", "Finished", "Growing", "Kind", "Memory")


@dataclass(frozen=True, slots=True)
class Growing:
    """A recording that is being made. `part` only grows at its end while it is made. The finished file is mostly the
    same bytes and more, but not all of them: finishing rewrites 16 bytes of the head (`mixer.mp4.finish`), a small file
    gets its tables in front, and a recording of several parts is another file. So what `Destination.follow` has sent
    counts only as far as `deliver` finds the same bytes in the file."""

    recording: Recording
    part: Path
    room: RoomEntry | None


@dataclass(frozen=True, slots=True)
class Finished:
    """A recording whose file is whole and stays as it is. Everything a destination may want to know of it; `room` and
    `parent` are as the catalogue has them now, None where nobody told of them."""

    recording: Recording
    file: Path
    size: int  # bytes
    name: str  # of the file
    room: RoomEntry | None
    parent: RoomEntry | None  # a breakout's
    folder: str  # in the room's Media and Files
    owner: str  # identity
    editors: tuple[str, ...]  # identities who own the room beside `owner`
    companions: tuple[Path, ...]  # those that exist
    sha256: str | None  # hexadecimal; None: not worked out yet
    folder_path: Path  # where companions are


class Memory(Protocol):
    """What a destination keeps of one delivery between attempts, processes and versions of itself: JSON."""

    @property
    def values(self) -> Mapping[str, Any]: ...

    def keep(self, values: Mapping[str, Any]) -> None:
        """In place of all that was kept. On disk when it returns. Called on the event loop's thread; takes a
        millisecond. Raises OutputError when it cannot be kept. Also a sign of life: an attempt that keeps nothing for
        an hour is taken for hung, and broken off."""


class Destination(Protocol):
    """An async context manager that the publisher opens once, before first use, and closes at its end. `__aenter__`
    raises DeliveryError when that must be tried again later. Several recordings are handled at the same time, one
    method at a time for each of them. Methods may be cancelled at any await, and the process may be killed anywhere.

    Raises DeliveryError, a sentence without secrets, for what may be better later; any other error is logged as a
    defect and tried again too. Attempts follow each other after 1 s, growing to 10 min, for ever."""

    follows: bool  # whether `follow` does anything

    async def follow(self, growing: Growing, memory: Memory) -> None:
        """While it records: sends what is there already. Runs until cancelled; when it returns or raises, it is called
        again later, and nothing is lost."""

    async def deliver(self, finished: Finished, memory: Memory) -> Evidence:
        """Returns when the destination has the file and its size and checksum were compared. Done twice it does no
        harm; goes on from what an earlier attempt, of any process, kept in `memory`."""

    async def accompany(self, finished: Finished, memory: Memory) -> None:
        """After `deliver`: the companions, names, owner and folder as they are now. May be called again."""

    async def verify(self, finished: Finished, evidence: Evidence) -> str:
        """Whether it is still there and right: empty, else a sentence that says what is wrong. Raises DeliveryError
        when that cannot be told now."""

    async def abandon(self, memory: Memory) -> None:
        """Nothing came of the recording: leaves nothing half-done behind."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
