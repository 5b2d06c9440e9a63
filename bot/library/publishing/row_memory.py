"""A destination's memory of one delivery, in the catalogue."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.library.catalogue.delivery import Delivery
from bot.library.catalogue.delivery_rows import DeliveryRows


class RowMemory:
    """`on_sign` is called each time something is kept."""

    def __init__(self, rows: DeliveryRows, delivery: Delivery) -> None:
        self._rows = rows
        self._delivery = delivery
        kept = rows.get(delivery.recording, delivery.name)
        self._values: Mapping[str, Any] = {} if kept is None else kept.memory
        self.on_sign: Callable[[], None] = lambda: None

    @property
    def values(self) -> Mapping[str, Any]:
        return self._values

    def keep(self, values: Mapping[str, Any]) -> None:
        """In place of all that was kept. Raises OutputError."""
        self._rows.remember(self._delivery, values)
        self._values = dict(values)
        self.on_sign()
