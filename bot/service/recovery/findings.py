"""All that a library's files tell of, one entry a recording."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.library.catalogue.room_entry import RoomEntry
from bot.library.manifest import manifest_path
from bot.library.places import MEDIA, RECORDINGS
from bot.library.retention.trash import TRASH, Trash
from bot.library.survey import Survey, folders, survey, trashed
from bot.service.recovery.reconstruction import Rebuilt, from_folder, from_shelf, from_trash

SHELF, FOLDER = MEDIA, RECORDINGS  # where something was found; and TRASH


@dataclass(slots=True)
class Findings:
    """By the recording's id, with where it was found. `nothing`: folders in which no recording can be made out."""

    recordings: dict[str, tuple[str, Rebuilt]] = field(default_factory=dict)
    survey: Survey = field(default_factory=Survey)
    nothing: list[str] = field(default_factory=list)

    def rooms(self) -> dict[str, RoomEntry]:
        """What the newest recording knows of each, and where it is as the newest knows that knows it."""
        rooms: dict[str, RoomEntry] = {}
        for _, (_, rebuilt) in sorted(self.recordings.items()):
            for room in rebuilt.rooms:
                known = rooms.get(room.id)
                lost = known is not None and not room.url
                rooms[room.id] = replace(room, url=known.url, token=known.token) if known and lost else room
        return rooms

    def count(self, where: str) -> int:
        return sum(found == where for found, _ in self.recordings.values())


def find(
    library: Path,
    *,
    known: Collection[str] = (),
    known_files: Iterable[Path] = (),
    room: Callable[[str], RoomEntry | None] = lambda _: None,
) -> Findings:
    """But for recordings that are `known`, whose files are `known_files`. `room` says what else is known of one. Raises
    OSError."""
    found = Findings(survey=survey(library, known=map(manifest_path, known_files)))
    for recording_id, shelved in found.survey.shelved.items():
        if recording_id not in known:
            found.recordings[recording_id] = (SHELF, from_shelf(library, shelved))
    for recording_id in trashed(library):
        if recording_id not in known and not _is_on_shelf(library, found, recording_id):
            _add(found, recording_id, TRASH, from_trash(library, recording_id))
    rooms = found.rooms()
    for recording_id in folders(library):
        if recording_id not in known and recording_id not in found.recordings:
            rebuilt = from_folder(library, recording_id, lambda one: rooms.get(one) or room(one))
            _add(found, recording_id, FOLDER, rebuilt)
    return found


def _is_on_shelf(library: Path, found: Findings, recording_id: str) -> bool:
    """It was on its way into the trash, or out of it."""
    shelved = found.survey.shelved.get(recording_id)
    return shelved is not None and shelved.file is not None and not Trash(library).is_complete(recording_id)


def _add(found: Findings, recording_id: str, where: str, rebuilt: Rebuilt | None) -> None:
    if rebuilt is not None:
        found.recordings[recording_id] = (where, rebuilt)
    else:
        found.nothing.append(f"{where}/{recording_id}")
