"""One sweep of the library: what the rules say of all that is over, carried out or only told."""

import asyncio
import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.configuration import Configuration
from bot.errors import NotNow, OutputError, UnknownRecording
from bot.library.catalogue.database import Database
from bot.library.catalogue.delivery import Delivery
from bot.library.catalogue.delivery_rows import DeliveryRows
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.retention_rows import RetentionRows
from bot.library.folder import RecordingFolder
from bot.library.places import RECORDINGS
from bot.library.retention.disposal import Disposal
from bot.library.retention.rules import DAY_S, MB, Deed, Plan, Rules, Step, Stored, plan, why_kept
from bot.library.retention.trash import Trash

log = logging.getLogger(__name__)

MOST_AT_ONCE = 1000
_PAGE = 100


def rules_of(configuration: Configuration) -> Rules:
    return Rules(
        keep_s=configuration.keep_days * DAY_S,
        keep_least_s=configuration.keep_least_days * DAY_S,
        keep_free_bytes=configuration.keep_free_mb * MB,
        trash_s=configuration.trash_days * DAY_S,
    )


class Stock:
    """What there is, as the rules want to see it. Reads catalogue and disk, writes nothing."""

    def __init__(self, library: Path, database: Database) -> None:
        self._library = library
        self._rows = RetentionRows(database)
        self._deliveries = DeliveryRows(database)
        self._trash = Trash(library)

    def look(self, recording: Recording) -> Stored:
        """At one, without its size."""
        return self._seen(recording, self._deliveries.of(recording.id))

    async def plan(self, rules: Rules, *, now_s: float) -> Plan:
        """Of at most MOST_AT_ONCE in the trash, and as many outside it, the oldest that may go; what comes behind them
        is for a later sweep. Leaves the event loop room to breathe."""
        stored = await self._collected(self._rows.trashed)
        if rules.keep_s or rules.keep_free_bytes:
            stored += await self._collected(self._rows.over)
        free_bytes = shutil.disk_usage(self._library).free
        return plan(stored, rules, now_s=now_s, free_bytes=free_bytes)

    async def _collected(self, rows: Callable[..., list[Recording]]) -> list[Stored]:
        found: list[Stored] = []
        after = ""
        while len(found) < MOST_AT_ONCE and (page := rows(after=after, limit=_PAGE)):
            deliveries = self._deliveries.of_each([one.id for one in page])
            found += await asyncio.to_thread(self._weighed, page, deliveries)
            after = page[-1].id
        return found

    def _weighed(self, page: list[Recording], deliveries: Mapping[str, Sequence[Delivery]]) -> list[Stored]:
        """Those that may go. In a thread of its own."""
        seen = [self._seen(one, deliveries.get(one.id, ())) for one in page]
        return [replace(one, size_bytes=self._trash.size(one.recording)) for one in seen if not why_kept(one)]

    def _seen(self, recording: Recording, deliveries: Sequence[Delivery]) -> Stored:
        parts = bool(RecordingFolder(self._library / RECORDINGS, recording.id).parts())
        delivered = all(one.is_settled for one in deliveries)
        return Stored(
            recording,
            0,
            undelivered=not delivered or (parts and recording.path is None),
            loose=parts or bool(self._trash.loose_files(recording)),
        )


async def carry_out(made: Plan, disposal: Disposal, *, now_s: float) -> list[Step]:
    """Those steps that could be done; the others are logged. What has changed since the plan was made stays."""
    done = []
    for step in made.steps:
        try:
            if step.deed is Deed.REMOVE:
                await disposal.remove(step.recording.id)
            else:
                await disposal.throw(step.recording.id, now_s=now_s)
        except (NotNow, OutputError, UnknownRecording) as error:
            log.warning("%s stays: %s", step.recording.id, error)
        else:
            log.warning(DONE[step.deed], step.recording.id, step.why)
            done.append(step)
    if made.short_bytes:
        log.error("%d MB less are free than are to be held, and nothing is left that may go", made.short_bytes // MB)
    return done


DONE = {Deed.TRASH: "%s was put into the trash: %s", Deed.REMOVE: "%s was removed from the trash: %s"}
