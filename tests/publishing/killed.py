"""Publishes one recording in a process that is killed at a chosen moment, then in one that is not; for each moment.

Prints a line of JSON for each: what was there in the end. Forks, because to import everything anew takes seconds."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sqlite3
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.library.catalogue.database import Database
from bot.library.catalogue.delivery import Evidence, Kind
from bot.library.destinations.destination import Finished, Growing, Memory
from bot.library.manifest import manifest_path, read_manifest
from bot.library.places import work_folder
from tests.publishing.bench import CONTENT, Bench, until

PIECE = len(CONTENT) // 3
SHA256 = "0" * 64


@dataclass
class Copies:
    """A store that another process can go on with: it notes what it has of a file after each piece of it."""

    folder: Path
    follows = False

    async def __aenter__(self) -> Self:
        self.folder.mkdir(exist_ok=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def follow(self, growing: Growing, memory: Memory) -> None: ...

    async def deliver(self, finished: Finished, memory: Memory) -> Evidence:
        copy, half = self.folder / finished.name, self.folder / "half"
        if not copy.exists():
            done = int(memory.values.get("done", 0))
            content = finished.file.read_bytes()
            with half.open("r+b" if half.exists() else "wb") as file:
                while done < len(content):
                    file.seek(done)
                    done += file.write(content[done : done + PIECE])
                    file.flush()
                    memory.keep({"done": done})
                    await asyncio.sleep(0)
            half.rename(copy)
        return Evidence(f"copy:{finished.name}", copy.stat().st_size, "")

    async def accompany(self, finished: Finished, memory: Memory) -> None:
        for path in finished.companions:
            shutil.copy(path, self.folder)

    async def verify(self, finished: Finished, evidence: Evidence) -> str:
        return ""

    async def abandon(self, memory: Memory) -> None: ...


class Mortal(Database):
    """Dies with its process at the end of a transaction, before or after it is kept."""

    moment = 0
    kept = True

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Cursor]:
        Mortal.moment -= 1
        now = Mortal.moment == 0
        with super().transaction() as cursor:
            yield cursor
            if now and not Mortal.kept:
                os.kill(os.getpid(), signal.SIGKILL)
        if now:
            os.kill(os.getpid(), signal.SIGKILL)


async def publish(place: Path) -> None:
    async with Bench(place / "library", [("copies", Kind.S3, Copies(place / "copies"))]) as bench:
        recording = bench.ledger.rows.get("one")
        if recording is None:
            bench.begin()
            Mortal.moment = int(os.environ["MOMENT"])
        if recording is None or not recording.is_made:
            bench.finish()
        await bench.published()
        if bench.ledger.get("one").sha256 is None:
            (work_folder(bench.library, "one") / "report.html").write_text("well")
            bench.ledger.amend("one", lambda one: replace(one, sha256=SHA256, companions=("report.html",)))
        await until(lambda: all(one.wanted == one.accompanied for one in bench.ledger.get("one").destinations))


def in_a_process(place: Path, moment: int) -> bool:
    """Whether it was killed."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.environ["MOMENT"] = str(moment)
            asyncio.run(publish(place))
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"moment {moment}"
    return os.WIFSIGNALED(status)


def outcome(place: Path) -> dict[str, object]:
    bench = Bench(place / "library")
    recording = bench.ledger.get("one")
    manifest = read_manifest(manifest_path(bench.library / str(recording.path)))
    bench.database.close()
    return {
        "state": recording.state,
        "published": recording.published_at is not None,
        "deliveries": [(one.name, one.state, one.problem) for one in recording.destinations],
        "copies": sorted(path.name for path in (place / "copies").iterdir()),
        "right": (place / "copies" / "Rec - one.mp4").read_bytes() == CONTENT,
        "manifest": [manifest.recording.state, manifest.recording.sha256, len(manifest.companions)],
        "told": [one.state for one in manifest.deliveries],
    }


if __name__ == "__main__":
    sys.modules["tests.publishing.bench"].Database = Mortal  # type: ignore[attr-defined]
    for kept in (True, False):
        Mortal.kept = kept
        killed, moment = True, 0
        while killed:
            moment += 1
            place = Path(sys.argv[1]) / f"{kept}-{moment}"
            place.mkdir()
            killed = in_a_process(place, moment)
            if killed:
                in_a_process(place, 0)
            sys.stdout.write(json.dumps({"moment": moment, "kept": kept, "killed": killed} | outcome(place)) + "\n")
            sys.stdout.flush()
            shutil.rmtree(place)
