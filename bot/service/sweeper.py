"""Puts the trash right at the start, and sweeps the library every hour."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.errors import OutputError
from bot.library.catalogue.retention_rows import RetentionRows
from bot.library.retention.disposal import Disposal
from bot.library.retention.remains import remove_halves
from bot.library.retention.rules import Rules, Step
from bot.library.retention.sweep import Stock, carry_out
from bot.service.ledger import Ledger

log = logging.getLogger(__name__)

FIRST_S = 60.0  # others have more to do at a start
EVERY_S = 3600.0


class Sweeper:
    """An async context manager. `disposal` is for whoever throws away by hand."""

    def __init__(self, library: Path, ledger: Ledger, rules: Rules, now_s: Callable[[], float] = time.time) -> None:
        self._library = library
        self._rules = rules
        self._now_s = now_s
        self._stock = Stock(library, ledger.database)
        self.disposal = Disposal(
            library,
            get=ledger.get,
            amend=ledger.amend,
            forget=RetentionRows(ledger.database).remove,
            look=self._stock.look,
            told=ledger.describe_again,
        )

    async def sweep(self) -> Sequence[Step]:
        """What was done. Raises OutputError, OSError."""
        now_s = self._now_s()
        await asyncio.to_thread(remove_halves, self._library, now_s=now_s)
        return await carry_out(await self._stock.plan(self._rules, now_s=now_s), self.disposal, now_s=now_s)

    async def __aenter__(self) -> Self:
        await self.disposal.mend()
        self._group = asyncio.TaskGroup()
        await self._group.__aenter__()
        self._running = self._group.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.cancel()
        await self._group.__aexit__(None, None, None)

    async def _run(self) -> None:
        await asyncio.sleep(FIRST_S)
        while True:
            try:
                await self.sweep()
            except (OutputError, OSError) as error:
                log.error("the library could not be swept: %s", error)
            except Exception:
                log.exception("a defect in sweeping the library")
            await asyncio.sleep(EVERY_S)
