"""At the start of a service: recordings of which there are files, and no word in the catalogue."""

import logging
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bot.library.catalogue.recording import Recording
from bot.library.catalogue.retention_rows import RetentionRows
from bot.service.ledger import Ledger
from bot.service.recovery.findings import Findings, find
from bot.service.recovery.reconstruction import Rebuilt, enterable

log = logging.getLogger(__name__)

MOST_NAMED = 20  # in the log
ENTERED = "The catalogue did not know this recording when the service started; it was entered again from its files."


def enter_orphans(library: Path, ledger: Ledger) -> list[Recording]:
    """Before anybody looks after the catalogue's recordings: then these are among them, and are finished and published
    as all others. What is wrong with the disk is logged, and waits for the next start. Raises OutputError when the
    catalogue cannot be written to."""
    began = time.monotonic()
    rows = RetentionRows(ledger.database)
    known = rows.files()
    try:
        found = find(
            library,
            known=known.keys(),
            known_files=[library / path for path in known.values() if path is not None],
            room=ledger.rooms.get,
        )
    except OSError as error:
        log.error("the library cannot be looked through for what its catalogue does not know: %s", error)
        return []
    known_rooms = found.rooms()
    for room in known_rooms.values():
        if ledger.rooms.get(room.id) is None:
            ledger.rooms.put(room)
    with ledger.database.transaction() as cursor:
        entered = [_enter(ledger, rows, cursor, rebuilt) for rebuilt in _newest_first(found)]
    if entered:
        ids = ", ".join(one.id for one in entered[:MOST_NAMED])
        more = f", and {len(entered) - MOST_NAMED} more" if len(entered) > MOST_NAMED else ""
        log.warning("entered again from their files, in %.1f s: %s%s", time.monotonic() - began, ids, more)
    return entered


def _newest_first(found: Findings) -> Iterator[Rebuilt]:
    """Of two that are not over in one room the newer goes on."""
    yield from (rebuilt for _, (_, rebuilt) in sorted(found.recordings.items(), reverse=True))


def _enter(ledger: Ledger, rows: RetentionRows, cursor: sqlite3.Cursor, rebuilt: Rebuilt) -> Recording:
    for recording in enterable(rebuilt.recording, now_s=time.time(), is_held=ledger.is_held):
        entered = replace(recording, problem=f"{recording.problem} {ENTERED}".lstrip())
        if rows.enter(cursor, entered, rebuilt.deliveries):
            break
    return entered
