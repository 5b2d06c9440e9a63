"""The folder in which one recording grows."""

import contextlib
import errno
import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Self

from bot.errors import DiskFull, OutputError
from mixer.errors import UnreadableFile
from mixer.mp4.disk import sync_folder
from mixer.mp4.finish import recorded_ns

MIB = 1 << 20
LEAST_FREE_BYTES = 64 * MIB  # two minutes at the highest bitrate

# Finishing a recording appends its tables: 2 MB an hour. Space for 24 hours of them is put aside, so that a recording
# which filled the disk can still be finished.
_RESERVE_BYTES = 48 * MIB
_RESERVE_SHARE = 8  # but at most this part of what is free

_MOST_HEAD_BYTES = 64 << 10  # a file's head without any fragment is smaller

_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PART = re.compile(r"part-(\d{4,})\.mp4")


class RecordingFolder:
    """`<output>/<recording id>/`: the parts while they grow, and their journal. Owned by one bot process at a time."""

    def __init__(self, output: Path, recording_id: str) -> None:
        """For a folder that exists; `create` makes one."""
        self.output = output
        self.path = output / recording_id
        self._reserve = self.path / ".reserve"
        self._finished = self.path / ".finished"
        self.journal = self.path / "journal.jsonl"

    @classmethod
    def create(cls, output: Path, recording_id: str, *, least_free_bytes: int = LEAST_FREE_BYTES) -> Self:
        """Makes both folders where they are missing. Raises OutputError when nothing can be written there, or less
        than `least_free_bytes` are free."""
        if not _SAFE_ID.fullmatch(recording_id):
            raise OutputError(
                f"{recording_id!r} is no recording id: use letters, digits, dots, dashes and underscores."
            )
        folder = cls(output, recording_id)
        try:
            free = folder._prepare()
        except OSError as error:
            reason = error.strerror or error
            kind = DiskFull if error.errno in {errno.ENOSPC, errno.EDQUOT} else OutputError
            raise kind(
                f"Recordings cannot be written to {output}: {reason}. Choose another folder with --output."
            ) from error
        if free < least_free_bytes:
            folder.discard()
            raise DiskFull(
                f"Only {free // MIB} MiB are free in {output}; a recording needs {least_free_bytes // MIB} to begin."
                " Free some space or choose another folder with --output."
            )
        folder._put_aside(min(_RESERVE_BYTES, free // _RESERVE_SHARE))
        return folder

    def _prepare(self) -> int:
        """Makes the folder, tries it out, and says how many bytes are free."""
        self.path.mkdir(parents=True, exist_ok=True)
        sync_folder(self.output)
        with tempfile.TemporaryFile(dir=self.path) as probe:
            probe.write(b"roomreel")
            probe.flush()
        return shutil.disk_usage(self.path).free

    def parts(self) -> list[Path]:
        """What has been written, in order."""
        return [path for _, path in self.numbered_parts()]

    def numbered_parts(self) -> list[tuple[int, Path]]:
        """The same with their numbers."""
        names = self.path.iterdir() if self.path.is_dir() else ()
        return sorted((int(match[1]), path) for path in names if (match := _PART.fullmatch(path.name)))

    def part(self, number: int) -> Path:
        """Where the part of that number goes; from 1."""
        return self.path / f"part-{number:04}.mp4"

    def remember(self, file: Path) -> None:
        """Notes where a finished file is about to be, for whoever comes after a crash. Kept for as long as there are
        other files in the folder; what cannot be noted is not."""
        with contextlib.suppress(OSError), self._finished.open("a", encoding="utf-8") as notes:
            notes.write(json.dumps(str(file.absolute())) + "\n")
            notes.flush()
            os.fsync(notes.fileno())

    def remembered(self) -> list[Path]:
        """Finished files that were noted; they may have been moved since."""
        try:
            return [Path(json.loads(line)) for line in self._finished.read_text(encoding="utf-8").splitlines()]
        except (OSError, ValueError):
            return []

    def release_reserve(self) -> None:
        """Gives the space that was put aside back, for finishing. May be called again. Where that fails, finishing may
        fail for want of space, and says so."""
        with contextlib.suppress(OSError):
            self._reserve.unlink()

    def discard(self) -> None:
        """Takes away what holds nothing: the folder, and parts that ended before their first picture. May be called
        again and at any time: a part with a picture in it, or one that cannot be read, stays, and its folder too."""
        with contextlib.suppress(OSError):
            self.release_reserve()
            for part in self.parts():
                if _shows_nothing(part):
                    part.unlink()
            alone = (self._finished, self.journal)  # without what a service keeps of it
            if {path.name for path in self.path.iterdir()} <= {path.name for path in alone}:
                for path in alone:
                    path.unlink(missing_ok=True)
                self.path.rmdir()

    def _put_aside(self, size: int) -> None:
        """Where a file system cannot, finishing on a full disk leaves the recording fragmented, which plays."""
        with contextlib.suppress(OSError), self._reserve.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, size))


def _shows_nothing(part: Path) -> bool:
    if part.stat().st_size > _MOST_HEAD_BYTES:
        return False
    try:
        return recorded_ns(part) == 0
    except UnreadableFile:
        return part.stat().st_size == 0
