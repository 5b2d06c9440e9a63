"""Where finished recordings are put, each under a name that nobody has."""

import errno
import os
from collections.abc import Callable, Collection
from pathlib import Path

from mixer.mp4.disk import sync_folder

# File systems without hard links say so in these ways (FAT, some network file systems).
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_MOST_COPIES = 9999


class Shelf:
    """A folder, made where it is missing, and the names for the copies of one recording."""

    def __init__(self, folder: Path, name: Callable[[int], str]) -> None:
        """`name` gives that of the first, second, ... file that would have it."""
        self.folder = folder
        self._name = name

    def put(self, part: Path, remember: Callable[[Path], None], remembered: Collection[Path] = ()) -> Path:
        """Gives `part`, on the same file system, the first of the names that nobody has or can take in between.
        `remember` is told before its old name is gone; `remembered` is what it was told by earlier calls, which may
        have been killed. Raises OSError; `part` is then where it was."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for copy in range(1, _MOST_COPIES + 1):
            path = self.folder / self._name(copy)
            if _is_empty_and_ours(path, remembered):
                part.replace(path)
                sync_folder(self.folder)
                return path
            if self._take(path, part, remember):
                sync_folder(self.folder)
                return path
        raise FileExistsError(errno.EEXIST, "all its names are taken")

    def _take(self, path: Path, part: Path, remember: Callable[[Path], None]) -> bool:
        """False when the name is taken."""
        try:
            os.link(part, path)
        except FileExistsError:
            if not os.path.samefile(part, path):  # else: an earlier call was killed between link and unlink
                return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            return _replace_placeholder(path, part, remember)
        remember(path)
        part.unlink()
        return True


def _is_empty_and_ours(path: Path, remembered: Collection[Path]) -> bool:
    """An earlier call was killed between taking the name and filling it."""
    try:
        return path.absolute() in remembered and path.stat().st_size == 0
    except FileNotFoundError:
        return False


def _replace_placeholder(path: Path, part: Path, remember: Callable[[Path], None]) -> bool:
    """Without hard links: an empty file takes the name, then the part takes its place."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
    except FileExistsError:
        return False
    try:
        remember(path)
        part.replace(path)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return True
