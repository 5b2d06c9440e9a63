"""Who may read finished files on this machine."""

import errno
import grp
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bot.configuration import Configuration
from bot.errors import ConfigurationError

log = logging.getLogger(__name__)

_NOT_OURS = frozenset({errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOSYS})


@dataclass(frozen=True, slots=True)
class Modes:
    """`group` is a number; None: whatever group they were made with."""

    file: int = 0o640
    folder: int = 0o750
    group: int | None = None

    @classmethod
    def of(cls, configuration: Configuration) -> Self:
        """Raises ConfigurationError for a group that this machine does not know."""
        group = None
        if configuration.file_group:
            try:
                group = grp.getgrnam(configuration.file_group).gr_gid
            except KeyError:
                raise ConfigurationError(
                    f"file_group is {configuration.file_group!r}, which is no group on this machine; make it with"
                    " groupadd, or leave it empty."
                ) from None
        return cls(int(configuration.file_mode, 8), int(configuration.folder_mode, 8), group)

    def apply(self, file: Path, top: Path) -> None:
        """To `file` and every folder from `top` down to it. What is right already stays untouched; what cannot be set,
        in somebody else's folder or on a file system without permissions, is logged. Raises OSError."""
        folders = [one for one in file.parents if one == top or top in one.parents]
        for path, mode in [*((folder, self.folder) for folder in reversed(folders)), (file, self.file)]:
            try:
                self._set(path, mode)
            except OSError as error:
                if error.errno not in _NOT_OURS:
                    raise
                log.warning("the permissions of %s stay as they are: %s", path, error.strerror)

    def _set(self, path: Path, mode: int) -> None:
        facts = path.stat()
        if self.group is not None and facts.st_gid != self.group:
            os.chown(path, -1, self.group)
        if facts.st_mode & 0o7777 != mode:
            path.chmod(mode)
