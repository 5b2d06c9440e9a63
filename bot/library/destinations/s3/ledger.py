"""What a delivery to S3 keeps."""

from collections.abc import Mapping
from typing import Any

from bot.library.destinations.destination import Memory
from bot.library.destinations.s3.upload import Part, Upload, Whole

KEEP_PARTS_S = 3.0


class Ledger:
    """Reads what any earlier process kept; each change is on disk when the method returns, but for parts."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._kept_s = -KEEP_PARTS_S
        self._is_behind = False
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

    def add(self, number: int, part: Part, now_s: float) -> None:
        """To the upload that is held. All parts are written together, and there may be thousands: they are kept every
        few seconds, and by `catch_up`. What a killed process has not kept is found at the store."""
        assert self.upload is not None, "begun before"
        self.upload = self.upload.with_part(number, part)
        self._is_behind = True
        if now_s - self._kept_s >= KEEP_PARTS_S:
            self._kept_s = now_s
            self._keep()

    def catch_up(self) -> None:
        """Keeps the parts that are not kept yet."""
        if self._is_behind:
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
        self._is_behind = False
