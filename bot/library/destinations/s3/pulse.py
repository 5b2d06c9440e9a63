"""A request's body that knows when something of it was last taken."""

import io
import time


class Pulse(io.BytesIO):
    """Read by a thread of the HTTP client, watched from the event loop."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.taken_s = time.monotonic()

    def read(self, size: int | None = -1, /) -> bytes:
        self.taken_s = time.monotonic()
        return super().read(size)

    def still_s(self) -> float:
        """For how long nothing was taken."""
        return time.monotonic() - self.taken_s
