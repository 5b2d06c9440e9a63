"""A library without bots: recordings that are finished by hand, and a store that does as it is told."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bot.errors import DeliveryError
from bot.library.catalogue.database import Database
from bot.library.catalogue.delivery import DeliveryState, Evidence, Kind
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.destinations.address import FOLDER_NAME
from bot.library.destinations.destination import Destination, Finished, Growing, Memory
from bot.library.destinations.library_folder import LibraryFolder
from bot.library.destinations.modes import Modes
from bot.library.places import media_folder, work_folder
from bot.library.publishing.publisher import Publisher
from bot.lifecycle import EndReason, State
from bot.service.ledger import Ledger
from bot.service.schema import MIGRATIONS
from signaling.model import RoomKind

PATIENCE_S = 30.0  # catches a hang, promises nothing
CONTENT = bytes(range(256)) * 64
Destinations = Sequence[tuple[str, Kind, Destination]]


@dataclass
class Store:
    """`refuses` of the next attempts fail; `hangs` until it is set. What it has is in `files`, how often in `taken`."""

    refuses: int = 0
    wait_s: float | None = 0.0
    hangs: bool = False
    follows: bool = False
    opens_after: int = 0  # attempts to open it that fail
    files: dict[str, bytes] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    companions: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    followed: list[str] = field(default_factory=list)
    abandoned: list[Mapping[str, Any]] = field(default_factory=list)
    going: int = 0
    most_going: int = 0

    async def __aenter__(self) -> Self:
        if self.opens_after:
            self.opens_after -= 1
            raise DeliveryError("The store is closed.", 0.0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def follow(self, growing: Growing, memory: Memory) -> None:
        memory.keep({"begun": growing.recording.id})
        self.followed.append(growing.part.name)
        try:
            await asyncio.Event().wait()
        finally:
            self.followed.append("ended")

    async def deliver(self, finished: Finished, memory: Memory) -> Evidence:
        self.going += 1
        self.most_going = max(self.most_going, self.going)
        try:
            return await self._take(finished, memory)
        finally:
            self.going -= 1

    async def _take(self, finished: Finished, memory: Memory) -> Evidence:
        memory.keep({**memory.values, "attempts": memory.values.get("attempts", 0) + 1})
        while self.hangs:  # noqa: ASYNC110 - a test looks at it and changes it
            await asyncio.sleep(0.01)
        if self.refuses:
            self.refuses -= 1
            raise DeliveryError("The store is full.", self.wait_s)
        await asyncio.sleep(0)
        content = finished.file.read_bytes()
        self.files[finished.name] = content
        self.taken[finished.name] = self.taken.get(finished.name, 0) + 1
        return Evidence(f"store:{finished.name}", len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")

    async def accompany(self, finished: Finished, memory: Memory) -> None:
        names = ",".join(path.name for path in finished.companions)
        self.companions.setdefault(finished.name, []).append((finished.owner, names))

    async def verify(self, finished: Finished, evidence: Evidence) -> str:
        return "" if finished.name in self.files else "It is gone."

    async def abandon(self, memory: Memory) -> None:
        self.abandoned.append(memory.values)


class Bench:
    """An async context manager: catalogue, ledger and publisher of a library of its own."""

    def __init__(self, library: Path, others: Destinations = (), *, room_timeout_s: float = 3600.0) -> None:
        library.mkdir(exist_ok=True)
        self.library = library
        destinations = ((FOLDER_NAME, Kind.FOLDER, LibraryFolder(library, Modes())), *others)
        self.database = Database(library / "catalogue.sqlite", MIGRATIONS)
        targets = [(name, kind) for name, kind, _ in destinations]
        self.ledger = Ledger(self.database, targets, room_timeout_s=room_timeout_s)
        self.publisher = Publisher(self.ledger, library, destinations)
        self.told: list[tuple[State | None, State]] = []
        self.ledger.listeners += [self.publisher.observe, self._listen]

    async def __aenter__(self) -> Self:
        self.ledger.plan_missing()
        await self.publisher.__aenter__()
        self.publisher.settle(self.ledger.with_destinations(self.ledger.rows.unpublished()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.publisher.__aexit__(kind, error, trace)
        self.database.close()

    def begin(
        self, name: str = "one", room: str = "team", kind: RoomKind = RoomKind.SINGLE, **values: Any
    ) -> Recording:
        """It records."""
        folder = work_folder(self.library, name)
        folder.mkdir(parents=True)
        (folder / "part-0001.mp4").write_bytes(CONTENT[:1000])
        recording = Recording(
            id=name, room=room, room_title="", room_kind=kind, parent=None, title="Weekly", state=State.STARTING,
            asked_at=time.time(), started_by="ann", owner="ann", folder="Recordings", **values,
        )  # fmt: skip
        if self.ledger.rooms.get(room) is None:
            self.ledger.rooms.put(RoomEntry(room, "roomreel+ws://h/rooms/x", kind=kind, owners=("ann", "ben")))
        with self.database.transaction() as cursor:
            assert self.ledger.rows.add(cursor, recording)
        return self._become(recording, state=State.RECORDING)

    def finish(self, name: str = "one", *, state: State = State.UPLOADING, **values: Any) -> Recording:
        """Its bot has finished the file."""
        recording = self.ledger.rows.get(name) or self.begin(name)
        room = self.ledger.rooms.get(recording.room)
        assert room is not None
        file = media_folder(self.library, room) / f"Rec - {name}.mp4"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(CONTENT)
        (work_folder(self.library, name) / "part-0001.mp4").unlink(missing_ok=True)
        made = {"file": file.name, "path": str(file.relative_to(self.library)), "size_bytes": len(CONTENT)}
        ended = {"ended_at": time.time(), "end_reason": EndReason.STOPPED}
        return self._become(recording, state=state, **(ended | made | values))

    def fail(self, name: str = "one") -> Recording:
        """Nothing came of it."""
        recording = self.ledger.rows.get(name)
        assert recording is not None
        return self._become(recording, state=State.FAILED, end_reason=EndReason.FAILED, ended_at=time.time())

    def state(self, name: str = "one", of: str = "store") -> DeliveryState:
        return next(one.state for one in self.ledger.get(name).destinations if one.name == of)

    def problem(self, name: str = "one", of: str = "store") -> str:
        return next(one.problem for one in self.ledger.get(name).destinations if one.name == of)

    async def published(self, name: str = "one") -> Recording:
        await until(lambda: self.ledger.get(name).published_at is not None)
        return self.ledger.get(name)

    def _become(self, recording: Recording, **values: Any) -> Recording:
        after = replace(recording, **values)
        assert self.ledger.changed(recording, after) == ""
        return self.ledger.get(recording.id)

    def _listen(self, before: Recording | None, after: Recording) -> None:
        if before is None or before.state is not after.state:
            self.told.append((None if before is None else before.state, after.state))


async def until(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    give_up_s = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < give_up_s, "it never came"
        await asyncio.sleep(0.005)
