"""A recording as a destination gets it."""

from datetime import datetime
from pathlib import Path

from bot.errors import DeliveryError
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.destinations.destination import Finished, Growing
from bot.library.folder import RecordingFolder
from bot.library.names import file_name
from bot.library.places import MEDIA, RECORDINGS, editors_of, work_folder
from bot.lifecycle import State

_GROWS = frozenset({State.RECORDING, State.PAUSED})


def growing_of(recording: Recording, library: Path, room: RoomEntry | None) -> Growing | None:
    """None when it does not grow, or in a second part: then its file will be another one."""
    part = RecordingFolder(library / RECORDINGS, recording.id).part(1)
    if recording.state not in _GROWS or recording.parts > 1 or not part.is_file():
        return None
    return Growing(recording, part, room)


def finished_of(recording: Recording, library: Path, room: RoomEntry | None, parent: RoomEntry | None) -> Finished:
    """Raises DeliveryError when its file is not there."""
    folder = work_folder(library, recording.id)
    path = library / (recording.path or "")
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise FileNotFoundError
    except OSError:
        raise DeliveryError(
            "The finished file is not where it was, or cannot be read; put it back, or waive this destination."
        ) from None
    return Finished(
        recording=recording,
        file=path,
        size=size,
        name=_name(recording, path, library),
        room=room,
        parent=parent,
        folder=recording.folder,
        owner=recording.owner,
        editors=editors_of(room, parent, recording.owner),
        companions=tuple(folder / name for name in recording.companions if (folder / name).is_file()),
        sha256=recording.sha256,
        folder_path=folder,
    )


def unharmed(finished: Finished) -> Finished:
    """Raises DeliveryError for a file of another size than it had: nobody is to be given that."""
    expected = finished.recording.size_bytes
    if expected and finished.size != expected:
        raise DeliveryError(
            f"The file has {finished.size} bytes, and had {expected} when it was finished: somebody changed it."
        )
    return finished


def _name(recording: Recording, path: Path, library: Path) -> str:
    """What was left where it grew has no name of its own."""
    if path.is_relative_to(library / MEDIA):
        return path.name
    return file_name(datetime.fromtimestamp(recording.asked_at).astimezone(), recording.title, recording.room)
