"""A finished recording, and what publishes it: in this process, or in one that can be killed."""

import asyncio
import hashlib
import json
import random
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from yarl import URL

from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.destinations.address import Target, parse_targets
from bot.library.destinations.destination import Finished
from bot.library.destinations.kaltura.destination import KalturaDestination
from bot.library.destinations.kaltura.settings import KalturaSettings
from bot.lifecycle import State
from signaling.model import RoomKind
from tests.kaltura.kaltura_server import PARTNER, SECRET

RECORDING_ID = "20261121-140533-6f2c"
NAME = "Rec - 2026-11-21 14-05-33 - Algebra, für alle.mp4"
PART_BYTES = 10_000

RECORDING = Recording(
    id=RECORDING_ID,
    room="algebra",
    room_title="Algebra",
    room_kind=RoomKind.CHANNEL,
    parent=None,
    title="Algebra, für alle",
    state=State.UPLOADING,
    asked_at=1_795_269_930.0,
    recording_since=1_795_269_933.0,
    started_by="mia",
    owner="olga",
    folder="Recordings",
    chapters=((0.0, "Start"), (61.5, "Slides")),
)
ROOM = RoomEntry(
    "algebra",
    "roomreel+ws://h/r",
    kind=RoomKind.CHANNEL,
    owners=("olga", "otto"),
    categories=("11",),
    media_entry="1_room",
)


class Kept:
    """A memory that survives what JSON and a disk make of it."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self.sent: list[int] = []
        self._text = file.read_text() if file is not None and file.exists() else "{}"

    @property
    def values(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self._text)
        return found

    def keep(self, values: Mapping[str, Any]) -> None:
        self._text = json.dumps(dict(values))
        if values.get("sent") and values["sent"] not in self.sent:
            self.sent.append(values["sent"])
        assert not any(secret in self._text for secret in (SECRET, "ks"))
        if self._file is not None:
            spare = self._file.with_suffix(".new")
            spare.write_text(self._text)
            spare.replace(self._file)


def finished(
    file: Path,
    *,
    size: int = 34_567,
    room: RoomEntry | None = ROOM,
    parent: RoomEntry | None = None,
    owner: str = "olga",
    editors: tuple[str, ...] = ("otto",),
) -> Finished:
    """Makes the file of random bytes where there is none."""
    if not file.exists():
        file.write_bytes(random.Random(size).randbytes(size))
    kind = room.kind if room is not None else RoomKind.SINGLE
    return Finished(
        recording=replace(RECORDING, room_kind=kind, owner=owner),
        file=file,
        size=file.stat().st_size,
        name=NAME,
        room=room,
        parent=parent,
        folder="Recordings",
        owner=owner,
        editors=editors,
        companions=(),
        sha256=None,
        folder_path=file.parent,
    )


def digest(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def settings(url: str, **changes: Any) -> KalturaSettings:
    """Impatient ones."""
    return replace(
        KalturaSettings(
            server=URL(url),
            partner=PARTNER,
            secret=SECRET,
            part_bytes=PART_BYTES,
            patience_s=5.0,
            last_patience_s=5.0,
            settle_s=0.05,
            waits_s=(0.01, 0.02, 0.03),
        ),
        **changes,
    )


def target(url: str) -> Target:
    return parse_targets((f"kaltura+{url}/?partner={PARTNER}",))[0]


def destination(url: str, **changes: Any) -> KalturaDestination:
    return KalturaDestination(target(url), SECRET, settings=settings(url, **changes))


def most_memory_kb() -> int:
    """So far. Not getrusage: that begins with what the parent process had."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])


async def _publish(url: str, file: Path, memory: Path, part_bytes: int) -> None:
    before = most_memory_kb()
    async with destination(url, part_bytes=part_bytes, patience_s=60.0, last_patience_s=60.0) as kaltura:
        evidence = await kaltura.deliver(finished(file), Kept(memory))
    print(json.dumps({"uri": evidence.uri, "grown_kb": most_memory_kb() - before}))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_publish(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])))
