"""The catalogue for whoever only looks: a service may be writing to it."""

import sqlite3
from pathlib import Path

from bot.errors import OutputError
from bot.library.catalogue.database import BUSY_S, Database


class ReadOnly(Database):
    """Its `transaction` always raises OutputError."""

    def __init__(self, path: Path, version: int) -> None:
        """`version`: the one that is known. Raises OutputError when there is no such catalogue, or it is of another."""
        self._path = path
        if not path.is_file():
            raise OutputError(
                f"There is no catalogue {path}. `roomreel library rebuild` makes one of the files; or choose another"
                " folder with --library."
            )
        try:
            uri = f"{path.absolute().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)
        except sqlite3.Error as error:
            raise OutputError(f"The catalogue {path} cannot be opened: {error}.") from error
        self._connection.row_factory = sqlite3.Row
        try:
            found = self.rows("PRAGMA user_version")[0][0]
            self.rows("SELECT count(*) FROM recordings")
        except OutputError:
            self.close()
            raise
        if found != version:
            self.close()
            later = "a later" if found > version else "an earlier"
            todo = "Use that one." if found > version else "Start the service once: that brings it up to date."
            raise OutputError(f"The catalogue {path} is of {later} roomreel. {todo}")
