"""What is made of a recording when it is over: checksum, pictures, certificate. One at a time, in a process of its own
that takes what the others leave of the machine. It never delays that a recording is available."""

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.errors import OutputError, UnknownRecording
from bot.library.catalogue.recording import Recording
from bot.library.companions.listing import LISTING_FILE, VERSION, write_listing
from bot.library.digest import SPAN, add_span
from bot.library.places import work_folder
from bot.service.ledger import Ledger

log = logging.getLogger(__name__)

NICENESS = 19
LOOK_S = 2.0
STALL_S = 300.0  # without a byte written, read or a moment of processor time
MOST_TRIES = 3  # then its checksum alone is worked out
REST_S = 30.0  # between them
FIND_S = 60.0
BACK_S = 7 * 24 * 3600.0  # what ended longer ago stays as it is, once it is published
MOST_FOUND = 1000
_MOST_SAID = 4096
_MOST_BYTES = 16 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_POSTER = "poster.jpg"


@dataclass(frozen=True, slots=True)
class Listing:
    """companions.json: of the file `sha256` and `size`, and names."""

    sha256: str
    size: int
    names: tuple[str, ...]


def read_listing(folder: Path) -> Listing | None:
    """None when there is none that can be read."""
    path = folder / LISTING_FILE
    try:
        values = json.loads(path.read_bytes()) if path.stat().st_size <= _MOST_BYTES else {}
        names = tuple(str(one["name"]) for one in values["companions"])
        listing = Listing(str(values["sha256"]), int(values["size"]), names)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    fits = values["version"] == VERSION and _SHA256.fullmatch(listing.sha256)
    return listing if fits and all(name == Path(name).name for name in names) else None


class Aftercare:
    """An async context manager; `observe` is one of the recordings' listeners. `has_bot`: whether a recording's bot is
    still there, which writes its last words after its file is whole."""

    def __init__(
        self, ledger: Ledger, library: Path, environment: Mapping[str, str], has_bot: Callable[[str], bool]
    ) -> None:
        self._ledger = ledger
        self._library = library
        self._environment = environment
        self._has_bot = has_bot
        self._tries: dict[str, int] = {}  # as many as wait
        self._due_s: dict[str, float] = {}
        self._news = asyncio.Event()
        self._found_s = 0.0

    @property
    def waiting(self) -> int:
        return len(self._tries)

    async def __aenter__(self) -> Self:
        self._find()
        self._group = asyncio.TaskGroup()
        await self._group.__aenter__()
        self._running = self._group.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What is being made is broken off; the next start makes it."""
        self._running.cancel()
        await self._group.__aexit__(None, None, None)

    def observe(self, _before: Recording | None, after: Recording) -> None:
        if after.is_made and after.path is not None and after.sha256 is None and after.trashed_at is None:
            self._tries.setdefault(after.id, 0)
            self._news.set()
        else:
            self._forget(after.id)

    def _find(self) -> None:
        """Raises OutputError."""
        self._found_s = time.monotonic()
        for recording in self._ledger.rows.without_sum(time.time() - BACK_S, MOST_FOUND):
            self.observe(None, recording)

    async def _wait(self) -> None:
        """Until there may be something to do. Now and then it looks for what was beyond MOST_FOUND before."""
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S if self._tries else FIND_S):
                await self._news.wait()
        if time.monotonic() - self._found_s >= FIND_S:
            self._find()

    async def _run(self) -> None:
        while True:
            recording_id = self._next()
            if recording_id is None:
                try:
                    await self._wait()
                except OutputError as error:
                    log.error("%s", error)
                continue
            try:
                await self._see_to(recording_id)
            except UnknownRecording:
                self._forget(recording_id)
            except (OutputError, OSError) as error:
                log.error("what goes with recording %s is not made yet: %s", recording_id, error)
                self._rest(recording_id)
            except Exception:
                log.exception("a defect in what is made of %s", recording_id)
                self._rest(recording_id)

    def _next(self) -> str | None:
        now_s = time.monotonic()
        ready = (one for one in self._tries if self._due_s.get(one, 0.0) <= now_s and not self._has_bot(one))
        return next(ready, None)

    def _rest(self, recording_id: str) -> None:
        if recording_id in self._tries:
            self._tries[recording_id] += 1
            self._due_s[recording_id] = time.monotonic() + REST_S * self._tries[recording_id]

    def _forget(self, recording_id: str) -> None:
        self._tries.pop(recording_id, None)
        self._due_s.pop(recording_id, None)

    async def _see_to(self, recording_id: str) -> None:
        """Raises UnknownRecording, OutputError, OSError."""
        recording = self._ledger.get(recording_id)
        file, folder = self._library / (recording.path or ""), work_folder(self._library, recording_id)
        size = file.stat().st_size
        if self._tries[recording_id] < MOST_TRIES:
            await self._make(recording_id, folder, file)
        else:
            digest = await _digest_of(file, size)
            await asyncio.to_thread(write_listing, folder, digest, size)
        listing = await asyncio.to_thread(read_listing, folder)
        if listing is None or listing.size != size:
            self._rest(recording_id)
            return

        def change(one: Recording) -> Recording:
            poster = one.poster or _POSTER in listing.names
            return replace(one, sha256=listing.sha256, companions=listing.names, poster=poster)

        self._ledger.amend(recording_id, change)
        self._forget(recording_id)

    async def _make(self, recording_id: str, folder: Path, file: Path) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "companions", str(folder), str(file)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment,
            start_new_session=True,
        )
        try:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
            async with asyncio.TaskGroup() as group:
                watching = group.create_task(self._watch(process, folder))
                said = await _last_words(process)
                code = await process.wait()
                watching.cancel()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if code:
            log.warning("not all that goes with recording %s was made (%d): %s", recording_id, code, said)

    async def _watch(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        """Kills one that does nothing any more."""
        seen: object = None
        moved_s = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_S)
            if (traces := await asyncio.to_thread(_traces, process.pid, folder)) != seen:
                seen, moved_s = traces, time.monotonic()
            elif time.monotonic() - moved_s > STALL_S:
                log.error("what is made in %s does not get on, and is broken off", folder)
                process.kill()
                return


async def _digest_of(file: Path, size: int) -> str:
    """SHA-256. A thread is at it for a span only: a service that ends does not wait for all of a long file."""
    digest = hashlib.sha256()
    for offset in range(0, size, SPAN):
        await asyncio.to_thread(add_span, digest, file, offset, min(SPAN, size - offset))
    return digest.hexdigest()


async def _last_words(process: asyncio.subprocess.Process) -> str:
    """The end of what it says, to its end."""
    assert process.stderr is not None
    said = b""
    while some := await process.stderr.read(_MOST_SAID):
        said = (said + some)[-_MOST_SAID:]
    return said.decode(errors="replace").strip()


def _traces(pid: int, folder: Path) -> object:
    """Anything that changes while it gets on: processor time, bytes, files."""
    found: list[object] = []
    for name in ("stat", "io"):
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{pid}/{name}").read_text()
            found.append(text.rpartition(")")[2].split()[11:15] if name == "stat" else text)
    with contextlib.suppress(OSError):
        found += sorted((path.name, path.stat().st_size) for path in folder.iterdir())
    return found
