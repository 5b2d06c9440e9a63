"""What is sent next of a file, by what the server says it has. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class TokenState(IntEnum):
    PENDING = 0  # nothing came yet
    PARTIAL = 1
    FULL = 2
    CLOSED = 3  # its file has become an entry's content
    TIMED_OUT = 4
    DELETED = 5


@dataclass(frozen=True, slots=True)
class Token:
    """An upload as the server sees it. `received` counts bytes."""

    id: str
    state: TokenState
    received: int

    def can_take(self, size: int) -> bool:
        """Whether a file of this size can still be, or become, what it holds."""
        if self.state is TokenState.FULL:
            return self.received == size
        return self.state in {TokenState.PENDING, TokenState.PARTIAL} and self.received <= size


@dataclass(frozen=True, slots=True)
class Piece:
    """`resume`: goes behind what is there, at `at`; without, it is the first. `final`: nothing comes behind it."""

    at: int
    length: int
    resume: bool
    final: bool


def token_from(answer: Mapping[str, Any]) -> Token:
    """Raises KeyError, TypeError or ValueError for what is no upload token."""
    return Token(str(answer["id"]), TokenState(int(answer["status"])), int(float(answer.get("uploadedFileSize") or 0)))


def next_piece(token: Token, size: int, part_bytes: int) -> Piece | None:
    """None: the file is there. The server's count is the truth: it may have kept half of a part that was cut off, or
    all of one whose answer was lost. When all bytes are there but not the end of the file, an empty last piece says
    so."""
    if token.state is not TokenState.PENDING and token.state is not TokenState.PARTIAL:
        return None
    at = token.received
    length = min(part_bytes, size - at)
    return Piece(at, length, resume=token.state is TokenState.PARTIAL, final=at + length == size)
