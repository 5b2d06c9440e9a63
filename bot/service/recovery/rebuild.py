"""`roomreel library rebuild`: a catalogue made anew of what lies in the library."""

import contextlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from bot.errors import OutputError
from bot.library.catalogue.database import Database
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.retention_rows import RetentionRows
from bot.library.catalogue.room_rows import RoomRows
from bot.library.holding import is_held
from bot.library.places import MEDIA, RECORDINGS
from bot.library.retention.trash import TRASH
from bot.service.library_lock import LibraryLock
from bot.service.recordings import CATALOGUE
from bot.service.recovery.findings import FOLDER, SHELF, Findings, find
from bot.service.recovery.reconstruction import enterable
from bot.service.schema import MIGRATIONS
from mixer.mp4.disk import sync_folder

_BESIDE = ("-wal", "-shm")  # SQLite's own


def rebuild(library: Path, now: datetime, *, room_timeout_s: float) -> Iterator[str]:
    """Says in lines what it finds and does. The new catalogue takes the old one's place as a whole; that is kept beside
    it. `room_timeout_s`: how long a broadcast is held back whose room says nothing. Raises OutputError when a service
    runs on the library, there is none, or it cannot be written to."""
    if not (library / RECORDINGS).is_dir() and not (library / MEDIA).is_dir():
        raise OutputError(f"{library} is no library: it has neither {RECORDINGS} nor {MEDIA}.")
    lock = LibraryLock.take(library)
    try:
        found = find(library)
        yield from _told(found)
        new = library / f".{CATALOGUE}.new"
        _discard(new)
        yield from _write(new, found, now_s=now.timestamp(), room_timeout_s=room_timeout_s)
        yield from _swap(library, new, now)
    except OSError as error:
        raise OutputError(f"The library {library} cannot be rebuilt: {error}.") from error
    finally:
        lock.release()


def _told(found: Findings) -> Iterator[str]:
    yield f"{found.count(SHELF)} recordings by the manifests in {MEDIA}."
    yield f"{found.count(FOLDER)} recordings without one, by what is left in {RECORDINGS}."
    if in_trash := found.count(TRASH):
        yield f"{in_trash} recordings in {TRASH}."
    for recording_id, shelved in found.survey.shelved.items():
        if shelved.file is None:
            yield f"Of {recording_id} there is a manifest, but no file: {shelved.path}."
    yield from found.survey.problems.values()
    yield from (f"{path} belongs to no recording that is known." for path in found.survey.others)
    yield from (f"{folder} tells of no recording." for folder in found.nothing)


def _write(new: Path, found: Findings, *, now_s: float, room_timeout_s: float) -> Iterator[str]:
    rooms = found.rooms()

    def held(recording: Recording) -> bool:
        parent = rooms.get(recording.parent) if recording.parent is not None else None
        return is_held(recording, rooms.get(recording.room), parent, timeout_s=room_timeout_s, now_s=now_s)

    with Database(new, MIGRATIONS) as database:
        rows = RetentionRows(database)
        with database.transaction() as cursor:
            for _, (_, rebuilt) in sorted(found.recordings.items(), reverse=True):  # of two in a room the newer goes on
                for recording in enterable(rebuilt.recording, now_s=now_s, is_held=held):
                    if rows.enter(cursor, recording, rebuilt.deliveries):
                        break
        for room in rooms.values():
            RoomRows(database).put(room)
    yield f"{len(rooms)} rooms."
    if lost := sum(not room.url for room in rooms.values()):
        yield f"Of {lost} of these it is not known any more where they are: tell of them again by PUT /v1/rooms/ID."
    yield "In no file, so not known any more: webhook addresses of rooms, webhooks that waited, idempotency keys."


def _swap(library: Path, new: Path, now: datetime) -> Iterator[str]:
    """Whatever it is killed at, there is a catalogue under its name, or the next call makes one."""
    catalogue = library / CATALOGUE
    old = library / f"catalogue-before-{now:%Y-%m-%d-%H-%M-%S-%f}.sqlite"
    kept = False
    for suffix in ("", *_BESIDE):
        with contextlib.suppress(FileNotFoundError):
            _keep(f"{catalogue}{suffix}", f"{old}{suffix}")
            kept = True
    for suffix in _BESIDE:  # not the new one's
        Path(f"{catalogue}{suffix}").unlink(missing_ok=True)
    new.replace(catalogue)
    sync_folder(library)
    yield f"The catalogue {catalogue} is new." + (f" The old one is {old.name}." if kept else "")


def _keep(path: str, old: str) -> None:
    try:
        os.link(path, old)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without hard links
        Path(path).rename(old)


def _discard(new: Path) -> None:
    for suffix in ("", *_BESIDE):
        Path(f"{new}{suffix}").unlink(missing_ok=True)
