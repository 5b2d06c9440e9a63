"""The folder in which the bots of one recording work, as the service sees it."""

import contextlib
from pathlib import Path

from bot.control.status import STATUS_FILE, Status
from bot.library.folder import RecordingFolder
from bot.recording import ORDER_FILE

POSTER = "poster.jpg"


class Workplace:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def status(self) -> Status | None:
        """The last word of a bot; None when none has said anything that can be read. Raises OSError when it cannot be
        read now: that is no sign that there is no bot."""
        status = Status.read(self.folder)
        if status is None:
            with contextlib.suppress(FileNotFoundError), (self.folder / STATUS_FILE).open("rb"):
                pass
        return status

    @property
    def has_order(self) -> bool:
        return (self.folder / ORDER_FILE).exists()

    @property
    def has_poster(self) -> bool:
        return (self.folder / POSTER).exists()

    @property
    def has_parts(self) -> bool:
        """Raises OSError."""
        return bool(self._parts())

    def last_sign_s(self) -> float:
        """When a bot wrote something last, in unix seconds; 0: never. Raises OSError."""
        times = [0.0]
        for path in (self.folder / STATUS_FILE, *self._parts()):
            with contextlib.suppress(OSError):
                times.append(path.stat().st_mtime)
        return max(times)

    def traces(self) -> tuple[tuple[int, int], ...]:
        """Anything that changes while somebody works on the files."""
        try:
            stats = [path.stat() for path in self.folder.iterdir()]
        except OSError:
            return ()
        return tuple((stat.st_size, stat.st_mtime_ns) for stat in stats)

    def _parts(self) -> list[Path]:
        """Raises OSError."""
        return RecordingFolder(self.folder.parent, self.folder.name).parts()
