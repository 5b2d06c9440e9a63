"""What a delivery to S3 keeps."""

from collections.abc import Mapping
from typing import Any

from bot.library.destinations.destination import Memory
from bot.library.destinations.s3.upload import Upload, Whole


class Ledger:
    """Reads what any earlier process kept; each change is on disk when the method returns."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        values = memory.values
        self.key: str = str(values.get("key", ""))  # of the object; empty: not chosen yet
        self.upload: Upload | None = Upload.from_values(values.get("upload"))
        self.whole: Whole | None = Whole.from_values(values.get("object"))  # what was delivered
        kept = values.get("companions", {})
        self.companions: Mapping[str, str] = dict(kept) if isinstance(kept, Mapping) else {}  # name to checksum

    def choose(self, key: str) -> None:
        self.key = key
        self._keep()

    def hold(self, upload: Upload) -> None:
        self.upload = upload
        self._keep()

    def let_go(self) -> None:
        """There is no upload any more, at the store or worth going on with."""
        self.upload = None
        self._keep()

    def finish(self, whole: Whole) -> None:
        """The object is there and was compared."""
        self.upload, self.whole = None, whole
        self._keep()

    def forget_object(self) -> None:
        """Whether it is there is to be found out again."""
        self.whole = None
        self._keep()

    def note_companion(self, name: str, checksum: str) -> None:
        self.companions = {**self.companions, name: checksum}
        self._keep()

    def _keep(self) -> None:
        values: dict[str, Any] = {"key": self.key, "companions": dict(self.companions)}
        if self.upload is not None:
            values["upload"] = self.upload.values()
        if self.whole is not None:
            values["object"] = self.whole.values()
        self._memory.keep(values)
