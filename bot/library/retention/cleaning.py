"""A sweep without a service: `roomreel library clean`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bot.errors import OutputError, UnknownRecording
from bot.library.catalogue.database import Database
from bot.library.catalogue.delivery_rows import DeliveryRows
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.recording_rows import RecordingRows
from bot.library.catalogue.retention_rows import RetentionRows
from bot.library.retention.disposal import Change, Disposal
from bot.library.retention.rules import Plan, Rules
from bot.library.retention.sweep import Stock, carry_out
from bot.library.verification.reading import ReadOnly


class Cleaning:
    def __init__(self, library: Path, catalogue: Path, rules: Rules) -> None:
        self._library = library
        self._catalogue = catalogue
        self._rules = rules

    async def planned(self, version: int, *, now_s: float) -> Plan:
        """What would be done; nothing is, also while a service runs. Raises OutputError."""
        with ReadOnly(self._catalogue, version) as database:
            return await Stock(self._library, database).plan(self._rules, now_s=now_s)

    async def carried_out(self, migrations: Sequence[Sequence[str]], *, now_s: float) -> Plan:
        """What was done. For whoever holds the library alone. Raises OutputError."""
        if not self._catalogue.is_file():
            raise OutputError(f"There is no catalogue {self._catalogue}. `roomreel library rebuild` makes one.")
        with Database(self._catalogue, migrations) as database:
            stock, rows = Stock(self._library, database), RecordingRows(database)

            def get(recording_id: str) -> Recording:
                if (found := rows.get(recording_id)) is None:
                    raise UnknownRecording("There is no such recording.")
                return found

            def amend(recording_id: str, change: Change) -> Recording:
                after = change(get(recording_id))
                rows.keep(after)
                return after

            def told(recording_id: str) -> None:
                with database.transaction() as cursor:
                    DeliveryRows(database).want(cursor, recording_id)

            disposal = Disposal(
                self._library, get=get, amend=amend, forget=RetentionRows(database).remove, look=stock.look, told=told
            )
            await disposal.mend()
            made = await stock.plan(self._rules, now_s=now_s)
            return replace(made, steps=tuple(await carry_out(made, disposal, now_s=now_s)))
