"""What is known of one recording, and how much of that is kept."""

import logging
from collections.abc import Callable

from bot.errors import OutputError
from bot.library.catalogue.recording import Recording

log = logging.getLogger(__name__)

Keep = Callable[[Recording, Recording], str]


class Account:
    """`recording` is always as it stands. `keep` is called with it as it was kept and as it is, and says why it cannot
    be kept (empty: it can)."""

    def __init__(self, recording: Recording, keep: Keep) -> None:
        self.recording = self._kept = recording
        self._keep = keep
        self._unkept = ""  # why

    @property
    def is_kept(self) -> bool:
        """As it stands."""
        return not self._unkept

    def change(self, after: Recording) -> None:
        """What cannot be kept stands all the same, until `try_again` can. One that is made and kept is no longer
        changed here."""
        if self._kept.is_made:
            return
        self.recording = after
        unkept, self._unkept = self._unkept, self._keep(self._kept, after)
        if not self._unkept:
            self._kept = after
        elif not unkept:
            log.error("what became of %s is not kept yet: %s", after.id, self._unkept)

    def try_again(self) -> None:
        self.change(self.recording)

    def amend(self, change: Callable[[Recording], Recording]) -> None:
        """What its bot knows nothing of. Raises OutputError when it cannot be kept."""
        self.change(change(self.recording))
        if self._unkept:
            raise OutputError(self._unkept)
