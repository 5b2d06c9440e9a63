"""The catalogue's file: SQLite in WAL mode, one connection, on the event loop's thread."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from bot.errors import OutputError

BUSY_S = 5.0  # another program looks into the file; nobody else writes


class Database:
    """A transaction takes about a millisecond, with the disk: more often than some ten times a second is not for it.

    What is committed survives a power cut."""

    def __init__(self, path: Path, migrations: Sequence[Sequence[str]]) -> None:
        """Opens or makes the file, mode 600, and brings it up to date: `migrations[n]` are the statements that lead
        from version n to n + 1. Raises OutputError when it cannot be read, or is from a later roomreel."""
        self._path = path
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"The catalogue {path} cannot be opened: {error}.") from error
        self._connection.row_factory = sqlite3.Row
        try:
            self._prepare(migrations)
        except sqlite3.Error as error:
            self.close()
            raise OutputError(
                f"The catalogue {path} cannot be read: {error}. Move it away to begin a new one; recordings that are"
                " finished stay where they are."
            ) from error
        except OutputError:
            self.close()
            raise

    def _prepare(self, migrations: Sequence[Sequence[str]]) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(migrations):
            raise OutputError(
                f"The catalogue {self._path} was written by a later roomreel (version {version}, known are"
                f" {len(migrations)}). Start that one."
            )
        for number, statements in enumerate(migrations[version:], version + 1):
            with self.transaction() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                cursor.execute(f"PRAGMA user_version = {number}")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Cursor]:
        """All of it or nothing. One at a time: nothing inside may await, or begin another. Raises OutputError when it
        cannot be kept: the disk is full, or broken."""
        try:
            cursor = self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # SQLite may have rolled it back by itself
                    cursor.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise OutputError(
                f"The catalogue {self._path} cannot be written to: {error}. See whether its disk is full."
            ) from error

    def rows(self, question: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[sqlite3.Row]:
        """What a SELECT answers. Raises OutputError when the file is damaged, or the disk is."""
        try:
            return self._connection.execute(question, values).fetchall()
        except sqlite3.ProgrammingError:  # a defect, and no damage
            raise
        except sqlite3.DatabaseError as error:
            raise OutputError(
                f"The catalogue {self._path} cannot be read: {error}. `roomreel library rebuild` makes a new one of"
                " the files; the service must not run meanwhile."
            ) from error

    def close(self) -> None:
        """May be called again."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
