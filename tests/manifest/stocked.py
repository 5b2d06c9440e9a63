"""A library as a service leaves it, with small real recordings in it, made without a service."""

import json
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.control.process import own
from bot.control.status import STATUS_FILE, Status
from bot.library.catalogue.database import Database
from bot.library.catalogue.delivery import Evidence, Kind
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.retention_rows import RetentionRows
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.finalise import finalise
from bot.library.folder import RecordingFolder
from bot.library.manifest import Manifest, facts, write_manifest
from bot.library.places import RECORDINGS, media_folder, work_folder
from bot.library.retention.disposal import Disposal
from bot.library.retention.sweep import Stock
from bot.lifecycle import EndReason, State
from bot.service.commission import new_order, new_recording, write_down
from bot.service.ledger import Ledger
from bot.service.recordings import CATALOGUE
from bot.service.schema import MIGRATIONS
from bot.service.standing import settled, told
from signaling.model import RoomKind
from tests.output.known_media import SMALL, write

BEGAN = datetime(2025, 11, 21, 14, 5, 33, tzinfo=UTC)
TICKS = 45
TARGETS = [("folder", Kind.FOLDER), ("archive", Kind.S3)]
SECRETS = ("sesame", "room-token", "hooks.example")
COMPANIONS = {"poster.jpg": b"\xff\xd8 a poster", "events.json": b'{"version": 1}', "speakers.vtt": b"WEBVTT\n"}


@cache
def film() -> bytes:
    """A finished recording of a second and a half."""
    with TemporaryDirectory() as place:
        folder = RecordingFolder.create(Path(place), "film", least_free_bytes=0)
        write(folder.part(1), TICKS, SMALL)
        return finalise(folder, started=BEGAN, title="Weekly", room_id="team").path.read_bytes()


def film_of(recording_id: str) -> bytes:
    """No two are the same: what is its own is in a box that players pass over."""
    name = recording_id.encode()
    return film() + struct.pack(">I4s", 8 + len(name), b"free") + name


def room_of(room_id: str = "team", kind: RoomKind = RoomKind.CHANNEL, parent: str | None = None) -> RoomEntry:
    """As the conferencing server tells of it, secrets and all."""
    return RoomEntry(
        room_id,
        f"janus+ws://sfu.example:8188/{room_id}?pin={SECRETS[0]}",
        token=SECRETS[1],
        title="The team",
        kind=kind,
        owners=("olga", "edi"),
        parent=parent,
        hosts=("hugo",),
        opened_at=BEGAN.timestamp() - 60,
        timeout_s=7200.0,
        webhook_url=f"https://{SECRETS[2]}/here",
    )


@dataclass
class Stocked:
    """`ledger` is the open catalogue."""

    library: Path
    database: Database
    ledger: Ledger
    parents: dict[str, RoomEntry] = field(default_factory=dict)

    def begin(self, minute: int = 0, *, room: RoomEntry | None = None, in_catalogue: bool = True) -> Recording:
        """Asked for, and nothing more."""
        room = room or room_of()
        parent = self.parents.get(room.parent or "")
        asked_at = BEGAN + timedelta(minutes=minute)
        recording = new_recording(room, parent, by="ben", title=None, layout=None, asked_at=asked_at)
        if parent is not None:
            self.ledger.rooms.put(parent)
        if in_catalogue:
            self.ledger.add(room, recording, None)
        write_down(new_order(room, recording, self.library), recording, room, parent)
        return recording

    def say(self, recording: Recording, state: State, **values: Any) -> Status:
        """Its bot's last word; the bot is gone."""
        pid, started = own()
        status = Status(
            recording=recording.id, part=1, state=state, pid=pid, pid_started=started + 1, title="The team", **values
        )
        status.write(work_folder(self.library, recording.id))
        return status

    def make(self, recording: Recording, room: RoomEntry | None = None) -> Status:
        """Its file is on the shelf, its bot is done."""
        target = media_folder(self.library, room or room_of())
        target.mkdir(parents=True, exist_ok=True)
        file = target / f"Rec - {recording.id[:15]} - The team.mp4"
        file.write_bytes(film_of(recording.id))
        for name, content in COMPANIONS.items():
            (work_folder(self.library, recording.id) / name).write_bytes(content)
        return self.say(
            recording,
            State.AVAILABLE,
            path=str(file),
            size_bytes=file.stat().st_size,
            duration_s=TICKS / 30,
            recording_since=recording.asked_at + 1,
            end_reason=EndReason.STOPPED,
            chapters=((0.0, "Beginning"),),
        )

    def add(self, minute: int = 0, *, room: RoomEntry | None = None) -> Recording:
        """One that is everywhere, with a manifest that says so."""
        room = room or room_of()
        begun = self.begin(minute, room=room)
        status = self.make(begun, room)
        made = settled(told(begun, status, now_s=begun.asked_at + 60), self.library, status.path)
        assert not self.ledger.changed(begun, replace(made, poster=True))
        self.publish(begun.id)
        return self.ledger.get(begun.id)

    def publish(self, recording_id: str) -> None:
        """What the publisher does."""
        file = self.file(recording_id)
        digest = facts(file).sha256
        for delivery in self.ledger.deliveries.of(recording_id):
            evidence = Evidence(f"{delivery.kind}:there", file.stat().st_size, f"sha256:{digest}")
            self.ledger.deliveries.confirm(delivery, evidence, BEGAN.timestamp() + 90)

        def published(one: Recording) -> Recording:
            known = replace(one, sha256=digest, companions=tuple(COMPANIONS), published_at=one.asked_at + 90)
            return replace(known, state=State.AVAILABLE if one.state is State.UPLOADING else one.state)

        self.ledger.amend(recording_id, published)
        for delivery in self.ledger.deliveries.of(recording_id):
            self.ledger.deliveries.accompanied(delivery)
        self.note(recording_id)

    def note(self, recording_id: str) -> None:
        """Its manifest, as it stands."""
        recording, file = self.ledger.get(recording_id), self.file(recording_id)
        room, parent = self.ledger.surroundings(recording)
        folder = work_folder(self.library, recording_id)
        deliveries = self.ledger.deliveries.of(recording_id)
        write_manifest(file, Manifest.of(recording, file, folder, room=room, parent=parent, deliveries=deliveries))

    def fail(self, minute: int) -> Recording:
        """One of which there is no file."""
        begun = self.begin(minute)
        status = self.say(begun, State.FAILED, problem="The room was locked.", end_reason=EndReason.FAILED)
        os.utime(work_folder(self.library, begun.id) / STATUS_FILE, (begun.asked_at + 5, begun.asked_at + 5))
        failed = settled(told(begun, status, now_s=begun.asked_at + 5), self.library, None)
        assert not self.ledger.changed(begun, failed)
        return self.ledger.get(begun.id)

    def file(self, recording_id: str) -> Path:
        path = self.ledger.get(recording_id).path
        assert path is not None
        return self.library / path

    def disposal(self) -> Disposal:
        return disposal_of(self.library, self.ledger)

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """All rows that a rebuild can bring back."""
        return content(self.database)


def disposal_of(library: Path, ledger: Ledger) -> Disposal:
    return Disposal(
        library,
        get=ledger.get,
        amend=ledger.amend,
        forget=RetentionRows(ledger.database).remove,
        look=Stock(library, ledger.database).look,
    )


def ledger_of(database: Database) -> Ledger:
    return Ledger(database, TARGETS, room_timeout_s=7200.0)


@contextmanager
def opened(library: Path) -> Iterator[Stocked]:
    """The catalogue of a library, made where there is none."""
    (library / RECORDINGS).mkdir(parents=True, exist_ok=True)
    with Database(library / CATALOGUE, MIGRATIONS) as database:
        database.rows("PRAGMA synchronous = OFF")  # no power cut here
        yield Stocked(library, database, ledger_of(database))


def content(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Recordings, rooms and deliveries as values."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table, key in (("recordings", "id"), ("rooms", "id"), ("deliveries", "recording, place")):
        found[table] = [dict(row) for row in database.rows(f"SELECT * FROM {table} ORDER BY {key}")]  # noqa: S608
    for row in (*found["recordings"], *found["rooms"]):
        row["entry"] = json.loads(row["entry"])
    return found


def folder_of(library: Path) -> dict[str, bytes]:
    """All files, by their paths."""
    return {str(path.relative_to(library)): path.read_bytes() for path in sorted(library.rglob("*")) if path.is_file()}
