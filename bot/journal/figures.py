"""The figures of one part, as its journal has them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.ledger import Ledger
from bot.report import NO_LOAD, StepReport
from mixer.controller import MOST_STEPS


class Figures:
    """A long recording notes them thousands of times, and the newest count: they are kept as they were read, and made
    into what they mean once."""

    def __init__(self) -> None:
        self._values: Mapping[str, Any] | None = None
        self._rows: dict[str, list[Any]] = {}
        self._steps: list[StepReport] = []  # the first of them
        self._away_s: list[float] = []

    def take(self, values: Mapping[str, Any]) -> None:
        """Raises KeyError, TypeError or ValueError for a line without them."""
        columns, rows = values["columns"], values["rows"]
        place = columns.index("track")
        if any(len(row) != len(columns) for row in rows):
            raise ValueError("a row does not fit its columns")
        self._rows.update({str(row[place]): row for row in rows})
        self._values = values

    def stepped(self, step: StepReport) -> None:
        if len(self._steps) < MOST_STEPS:
            self._steps.append(step)

    def was_away(self, away_s: float) -> None:
        self._away_s.append(away_s)

    def ledger(self) -> Ledger:
        """Without figures that make no sense."""
        ledger = Ledger(load=replace(NO_LOAD, steps=tuple(self._steps)), away_s=tuple(self._away_s))
        if self._values is None:
            return ledger
        try:
            return ledger.updated({**self._values, "rows": list(self._rows.values())})
        except (KeyError, TypeError, ValueError, AttributeError):
            return ledger
