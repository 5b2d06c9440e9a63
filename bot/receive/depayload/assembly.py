"""One frame put together, with what its payload headers say about what it needs."""

from collections.abc import Sequence
from typing import Protocol


class Assembly:
    """`picture` counts frames (`picture_bits` wide) so that a missing one shows; `base` counts the base layer's frames
    (8 bits). None: the sender does not say."""

    __slots__ = (
        "also",
        "base",
        "data",
        "discardable",
        "keyframe",
        "layer",
        "picture",
        "picture_bits",
        "references",
        "switch",
    )

    def __init__(self, data: bytes, *, keyframe: bool) -> None:
        self.data = data
        self.keyframe = keyframe
        self.picture: int | None = None
        self.picture_bits = 15
        self.base: int | None = None
        self.layer = 0  # temporal layer
        self.switch = False  # from here on higher temporal layers need nothing older
        self.references: tuple[int, ...] | None = None  # distances in pictures to every frame this one needs
        self.also: tuple[int, ...] = ()  # distances to other numbers that came in the same unit (spatial layers)
        self.discardable = False  # no other frame needs it


class Depayloader(Protocol):
    """One track's, for one payload format. Neither method raises: what is malformed is no frame."""

    def starts(self, payload: bytes) -> bool:
        """Whether a frame can begin with this packet. `payload` is not empty."""

    def assemble(self, payloads: Sequence[bytes], headers: Sequence[bytes]) -> Assembly | None:
        """`payloads`: every packet of one frame, none empty. `headers`: their dependency descriptors, if there are any.
        An assembly with empty data is no frame, and nothing is lost with it."""

    def peek(self, payload: bytes) -> Assembly | None:
        """What any single packet of a frame that will never be whole tells about it; its `data` is empty."""
