"""The trash: a folder for each recording that was thrown away, with all that there is of it.

Whether a recording is in the trash, the catalogue says (`trashed_at`); the folders follow. Each step here may be the
last of its process: done again, it goes on where the one before was killed."""

import contextlib
import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from bot.control.status import Status
from bot.errors import BadManifest
from bot.library.catalogue.recording import Recording
from bot.library.manifest import (
    START_FILE,
    FileFacts,
    Manifest,
    manifest_path,
    read_manifest,
    write_manifest,
    write_start,
)
from bot.library.places import MEDIA, work_folder
from bot.library.replacement import replace_file
from bot.library.shelf import Shelf
from mixer.mp4.disk import sync_folder

TRASH = "trash"
FILE, WORK, BESIDE = "file", "work", "beside"  # the finished file with its manifest; where it grew; what was left over

_COMPLETE = ".complete"  # nothing of it is elsewhere: what lies under its old names by now is somebody else's
_RESTORED = "restored.json"  # where the file went, on its way back
_GONE = ".gone-"
_COPY = re.compile(r" \(\d+\)$")


class Trash:
    """Blocks for the disk: a rename or two, and a sync for each. Owned by whoever holds the library."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._trash = library / TRASH

    def folder(self, recording_id: str) -> Path:
        return self._trash / recording_id

    def prepare(self, recording: Recording) -> None:
        """The first step, before the catalogue says that `recording` is thrown away: notes all there is to know of it.
        Raises OSError."""
        folder = self.folder(recording.id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in (_COMPLETE, _RESTORED):
            (folder / name).unlink(missing_ok=True)
        file = self._file(recording)
        known = _manifest(manifest_path(file)) if file is not None else None
        known = known or _manifest(work_folder(self._library, recording.id) / START_FILE)
        write_start(folder, replace(known or Manifest(recording=recording), recording=recording))
        sync_folder(self._trash)

    def take(self, recording: Recording) -> None:
        """The second one, after it: moves all of it in. Nothing, when it was not prepared: then it was removed from
        there. Raises OSError."""
        folder, work = self.folder(recording.id), work_folder(self._library, recording.id)
        if (folder / _COMPLETE).exists() or not folder.exists():
            return
        for path in self.loose_files(recording):
            _move(path, folder / BESIDE / path.relative_to(self._library / MEDIA))
        file = self._file(recording)
        if file is not None:
            _move(file, folder / FILE / file.name)
            _move(manifest_path(file), folder / FILE / manifest_path(file).name)
        if not (folder / WORK).exists():
            _move(work, folder / WORK)
        (folder / _COMPLETE).touch()
        sync_folder(folder)

    def give_back(self, recording: Recording) -> Recording:
        """After the catalogue says that it is not thrown away: moves all of it out. The answer is what the catalogue
        has to know before `clear`: another name, where its own is taken by now. Raises OSError."""
        folder, work = self.folder(recording.id), work_folder(self._library, recording.id)
        if not work.exists():
            _move(folder / WORK, work)
        for path in _files(folder / BESIDE):
            home = self._library / MEDIA / path.relative_to(folder / BESIDE)
            Shelf(home.parent, _copies(home.name)).put(path, lambda _: None)
        file = self._restored(recording, folder)
        if file is None:
            return recording
        back = replace(recording, file=file.name, path=str(file.relative_to(self._library)))
        # Killed before it was noted: then nothing was moved, and its own is where it was.
        known = _manifest(folder / START_FILE) or _manifest(manifest_path(file)) or Manifest(recording=back)
        facts = known.file or FileFacts(file.name, file.stat().st_size, recording.sha256)
        write_manifest(file, replace(known, recording=back, file=replace(facts, name=file.name)))
        return back

    def clear(self, recording_id: str) -> None:
        """What is left of its folder, in one step for whoever looks. May be called again. Raises OSError."""
        gone = self._trash / f"{_GONE}{recording_id}"
        self._remove(gone)
        with contextlib.suppress(FileNotFoundError):
            self.folder(recording_id).rename(gone)
            sync_folder(self._trash)
        self._remove(gone)

    def ids(self) -> list[str]:
        """Of what is there. Takes away what was being removed."""
        if not self._trash.is_dir():
            return []
        for path in self._trash.glob(f"{_GONE}*"):
            self._remove(path)
        return sorted(path.name for path in self._trash.iterdir() if path.is_dir() and not path.name.startswith("."))

    def is_complete(self, recording_id: str) -> bool:
        """All that there was of it is in."""
        return (self.folder(recording_id) / _COMPLETE).exists()

    def size(self, recording: Recording) -> int:
        """How many bytes it takes, in the trash or outside."""
        file = self._file(recording)
        places = [self.folder(recording.id), work_folder(self._library, recording.id)]
        files = [*(path for place in places for path in place.rglob("*")), *self.loose_files(recording)]
        if file is not None:
            files += [file, manifest_path(file)]
        return sum(_disk_bytes(path) for path in files)

    def loose_files(self, recording: Recording) -> list[Path]:
        """Of parts that could not be joined: beside the file, but no destination has them."""
        places = (work_folder(self._library, recording.id), self.folder(recording.id) / WORK)
        found = []
        for status in filter(None, map(Status.read, places)):
            found += [path for other in status.others if (path := _inside(self._library, Path(other))) is not None]
        return [path for path in found if path.is_file()]

    def _file(self, recording: Recording) -> Path | None:
        return None if recording.path is None else _inside(self._library, self._library / recording.path)

    def _restored(self, recording: Recording, folder: Path) -> Path | None:
        """Where the finished file is now; None: there is none."""
        home = self._file(recording)
        for path in _files(folder / FILE):
            if path.suffix != manifest_path(path).suffix and home is not None:
                return Shelf(home.parent, _copies(path.name)).put(path, lambda to: _note(folder, to))
        with contextlib.suppress(OSError, ValueError, TypeError):
            return _inside(self._library, Path(json.loads((folder / _RESTORED).read_bytes())))
        return home if home is not None and home.is_file() else None

    def _remove(self, gone: Path) -> None:
        if gone.exists():
            shutil.rmtree(gone)
            sync_folder(self._trash)


def _note(folder: Path, file: Path) -> None:
    replace_file(folder / _RESTORED, json.dumps(str(file)).encode())


def _move(path: Path, target: Path) -> None:
    """Nothing, where there is nothing to move. Raises OSError, and overwrites nothing."""
    if not path.exists():
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if target.exists() and path.samefile(target):  # the other way was broken off: both names are one file
        path.unlink()
    elif target.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    else:
        path.rename(target)
    sync_folder(target.parent)
    sync_folder(path.parent)


def _copies(name: str) -> Callable[[int], str]:
    """The name itself, then with ` (2)` and so on."""
    stem, suffix = os.path.splitext(name)
    base = _COPY.sub("", stem)
    return lambda copy: name if copy == 1 else f"{base} ({copy}){suffix}"


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _manifest(path: Path) -> Manifest | None:
    try:
        return read_manifest(path)
    except BadManifest:
        return None


def _inside(library: Path, path: Path) -> Path | None:
    """None for what is not in the library's media: neither the catalogue nor a status moves anything else."""
    whole = Path(os.path.normpath(library / path))
    return whole if whole.is_relative_to(library / MEDIA) else None


def _disk_bytes(path: Path) -> int:
    try:
        return path.stat().st_blocks * 512
    except OSError:
        return 0
