"""Whose turn it is, where several processes run tests: one that is alone on the machine, or all the others."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_held: list[IO[str]] = []  # by the test that this process runs now


@contextmanager
def turn(file: Path, *, alone: bool) -> Iterator[None]:
    """A lock on `file`, which all processes share: waits until the others rest, or until nobody is alone. It ends with
    the process at the latest."""
    with file.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        _held.append(lock)
        try:
            yield
        finally:
            _held.pop()
            fcntl.flock(lock, fcntl.LOCK_UN)  # a child may have inherited the file


def be_alone() -> None:
    """From now on to the end of the test: what somebody else's work has spoilt is done again without them. Several who
    want that at once get it one after another. Blocks."""
    for lock in _held:
        fcntl.flock(lock, fcntl.LOCK_EX)
