"""A part that has ended becomes the recording people see."""

import datetime
import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.library.folder import RecordingFolder
from bot.library.names import file_name
from mixer.errors import MixerError, UnreadableFile
from mixer.mp4.disk import sync_folder
from mixer.mp4.finish import finish, recorded_ns
from mixer.mp4.index import Index
from mixer.mp4.label import Label

# File systems without hard links say so in these ways (FAT, some network file systems).
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_MOST_COPIES = 9999


@dataclass(frozen=True, slots=True)
class Finalised:
    """`path` is where the recording is, whatever happened. `problem` is empty, or a sentence: it could not be made
    seekable, could not be named, or (`duration_ns` is 0) holds nothing to show."""

    path: Path
    duration_ns: int
    problem: str = ""


def finalise(
    folder: RecordingFolder,
    part: Path,
    *,
    started: datetime.datetime,
    title: str,
    room_id: str,
    index: Index | None = None,
    label: Label | None = None,
) -> Finalised:
    """Finishes `part`, which nobody writes to any more, and moves it to its name in the output folder. `label` replaces
    what the part says about itself.

    Blocks for the disk: with the `index` of the output that wrote it, a second after hours of recording.

    Never raises for what can go wrong with a file, and never loses one: on failure it stays where it was. May be called
    again for a part that an earlier call, killed at any moment, left behind.
    """
    folder.release_reserve()
    problem = ""
    try:
        duration_ns = finish(part, index, label=label).duration_ns
    except UnreadableFile as error:
        return Finalised(part, 0, f"{part} shows nothing: {error}.")
    except MixerError as error:
        duration_ns = _shown_ns(part)
        if not duration_ns:
            return Finalised(part, 0, str(error))
        problem = f"The recording plays, but could not be made seekable. {error}"
    names = (file_name(started, title, room_id, copy) for copy in range(1, _MOST_COPIES + 1))
    try:
        path = _move(part, folder.output, names)
        sync_folder(folder.output)
    except OSError as error:
        return Finalised(part, duration_ns, f"{part} could not be moved to {folder.output}: {error.strerror or error}.")
    folder.discard()
    return Finalised(path, duration_ns, problem)


def _shown_ns(part: Path) -> int:
    """0 when it cannot be read."""
    try:
        return recorded_ns(part)
    except (OSError, UnreadableFile):
        return 0


def _move(part: Path, output: Path, names: Iterable[str]) -> Path:
    """Gives `part` the first of the names that nobody has, and nobody can take in between."""
    for name in names:
        target = output / name
        try:
            os.link(part, target)
        except FileExistsError:
            if not os.path.samefile(part, target):  # else: an earlier call was killed between link and unlink
                continue
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if not _replace_placeholder(part, target):
                continue
            return target
        part.unlink()
        return target
    raise FileExistsError(errno.EEXIST, "all its names are taken")


def _replace_placeholder(part: Path, target: Path) -> bool:
    """Without hard links: an empty file takes the name, then the part takes its place. False when the name is taken."""
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
    except FileExistsError:
        return False
    try:
        part.replace(target)
    except OSError:
        target.unlink(missing_ok=True)
        raise
    return True
