"""Finalises a recording and is killed before one of the calls by which a process changes a disk; then again, before the
next one, until it survives. For each death the recording is finalised once more, and held against one that nobody
disturbed. A process of its own: it forks, and what it imports is imported once.

    python -m tests.finished_file.killed_finalising FOLDER      prints a line of JSON
"""

import datetime
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.library.finalise import Finalised, finalise
from bot.library.folder import RecordingFolder
from mixer.mp4.label import Chapter, Label
from tests.output.known_media import SMALL, ticks_in, write

SECOND = 1_000_000_000
WHEN = datetime.datetime(2026, 11, 21, 14, 5, 33, tzinfo=datetime.UTC)
LABEL = Label("Weekly", 1_795_000_000, (Chapter(SECOND // 2, "Recording resumed"),), b"{}")
PARTS = (40, 30)
APART = 20  # ticks of a part that is encoded in another way
CHANGES = ("write", "pwrite", "ftruncate", "fsync", "link", "unlink", "replace", "rmdir", "mkdir", "fchmod")


@dataclass(slots=True)
class Executioner:
    """SIGKILL before the call of that number; a write has then got half way."""

    survives: int
    calls: int = 0

    def watch(self) -> None:
        for name in CHANGES:
            setattr(os, name, self._wrapped(name, getattr(os, name)))

    def _wrapped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            if self.calls == self.survives:
                if name == "write":
                    call(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            self.calls += 1
            return call(*arguments, **named)

        return counted


def finished(library: Path) -> Finalised:
    folder = RecordingFolder(library / "recordings", "r1")
    target = library / "media" / "room" / "Recordings"
    return finalise(
        folder, started=WHEN, title="Weekly", room_id="room", target=target, label=LABEL, gaps=(12 * SECOND,)
    )


def recorded(library: Path) -> None:
    folder = RecordingFolder.create(library / "recordings", "r1", least_free_bytes=0)
    for number, ticks in enumerate(PARTS, start=1):
        write(folder.part(number), ticks)
    write(folder.part(len(PARTS) + 1), APART, replace(SMALL, audio_bitrate_kbps=96))
    (folder.path / "order.json").write_text("{}")


def files(library: Path) -> dict[str, bytes]:
    """All but the note of where it is, which may be written twice."""
    found = (path for path in library.rglob("*") if path.is_file() and path.name != ".finished")
    return {str(path.relative_to(library)): path.read_bytes() for path in found}


def chapters(result: Finalised) -> list[tuple[int, str]]:
    """In milliseconds: a file keeps less than nanoseconds."""
    return [(one.start_ns // 1_000_000, one.title) for one in result.chapters]


def dies(library: Path, survives: int) -> bool:
    """Whether the process that finalises does, having survived so many changes."""
    child = os.fork()
    if child == 0:
        try:
            Executioner(survives).watch()
            os._exit(3 if finished(library).problem else 0)
        except BaseException:
            os._exit(2)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        sys.exit(f"finalising went wrong by itself, after {survives} changes: {os.WEXITSTATUS(status)}")
    return os.WIFSIGNALED(status)


def main(folder: Path) -> None:
    recorded(folder / "recorded")
    shutil.copytree(folder / "recorded", folder / "undisturbed")
    result = finished(folder / "undisturbed")
    expected = files(folder / "undisturbed")
    steps, wrong = 0, []
    while True:
        library = folder / f"killed-{steps}"
        shutil.copytree(folder / "recorded", library)
        died = dies(library, steps)
        playing = [path for path in library.rglob("*.mp4") if ticks_in(path)[: PARTS[0]] == list(range(PARTS[0]))]
        again = finished(library)
        if not playing:
            wrong.append(f"{steps}: nothing played after the death")
        same = (again.path.name, chapters(again)) == (result.path.name, chapters(result))
        if files(library) != expected or again.problem or not same:
            wrong.append(f"{steps}: {sorted(files(library))}, {again}")
        shutil.rmtree(library)
        if not died:
            break
        steps += 1
    told = {"steps": steps, "wrong": wrong, "ticks": ticks_in(result.path), "files": sorted(expected)}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
