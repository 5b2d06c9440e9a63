"""The only two things the mixer asks of those before it."""

from typing import Protocol

from mixer.source import Size


class Requests(Protocol):
    """Called from the mixer's threads; an implementation hands over to its own thread and returns at once."""

    def request_keyframe(self, track: str) -> None:
        """The decoder of `track` needs a keyframe (decode error, restart). May be called often: whoever receives the
        request limits the rate."""

    def request_layer(self, track: str, size: Size | None) -> None:
        """`track` is shown at `size` (None: not shown at all). Called when that changes, not every tick."""
