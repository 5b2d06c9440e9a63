"""The parts of a recording put together, as far as they fit."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mixer.errors import OutputError, UnreadableFile
from mixer.mp4.disk import sync_folder
from mixer.mp4.index import Index
from mixer.mp4.join import Joining, Joint

NumberedPart = tuple[int, Path]


@dataclass(slots=True)
class Piece:
    """What becomes one file. `index` None: not known. `notice` is empty, or a sentence that says why it is one of its
    own."""

    path: Path
    index: Index | None = None
    joints: Sequence[Joint] = ()
    notice: str = ""


def join_parts(parts: Sequence[NumberedPart]) -> list[Piece]:
    """In order, but those that cannot be read come last. Parts that were joined are gone; one that could not be is a
    piece of its own. May be called again after having been killed at any moment. Raises nothing."""
    pieces: list[Piece] = []
    left, notice = list(parts), ""
    while left:
        piece, left, reason = _take_piece(left)
        piece.notice, notice = notice, reason
        pieces.append(piece)
    return pieces


def _take_piece(parts: Sequence[NumberedPart]) -> tuple[Piece, list[NumberedPart], str]:
    """What begins with the first of them, the parts that are not in it, and why the first of those is not."""
    (_, path), *later = parts
    unreadable: list[NumberedPart] = []
    rest: list[NumberedPart] = []
    reason = ""
    try:
        with Joining(path) as joining:
            for number, part in later:
                if not reason:
                    reason = _append(joining, number, part, unreadable)
                if reason:
                    rest.append((number, part))
            return Piece(path, joining.index, tuple(joining.joints)), rest + unreadable, reason
    except (OSError, UnreadableFile):  # finishing it will say so
        return Piece(path), later, ""


def _append(joining: Joining, number: int, part: Path, unreadable: list[NumberedPart]) -> str:
    """Empty, or why it is not in the piece."""
    try:
        if not joining.append(number, part):
            return f"Part {number} was encoded in another way and is a file of its own."
    except UnreadableFile:
        unreadable.append((number, part))
    except OutputError as error:
        return f"Part {number} could not be joined and is a file of its own. {error}"
    else:
        _forget(part)
    return ""


def _forget(part: Path) -> None:
    with contextlib.suppress(OSError):  # it is joined: the next call passes it over
        part.unlink()
        sync_folder(part.parent)
