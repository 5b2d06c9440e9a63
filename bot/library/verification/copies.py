"""What each destination says of the copies that it has confirmed."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from bot.configuration import Configuration
from bot.errors import DeliveryError
from bot.library.catalogue.database import Database
from bot.library.catalogue.delivery import Delivery, DeliveryState
from bot.library.catalogue.delivery_rows import DeliveryRows
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.retention_rows import RetentionRows
from bot.library.catalogue.room_rows import RoomRows
from bot.library.destinations.address import parse_targets
from bot.library.destinations.choice import FACTORIES, Factory
from bot.library.destinations.destination import Destination, Finished, Kind
from bot.library.publishing.parcel import finished_of
from bot.library.verification.finding import Finding, Speaker, Trouble

_PAGE = 100


class Copies:
    """Those of destinations that are configured, one after the other; a webhook cannot be asked."""

    def __init__(
        self,
        library: Path,
        database: Database,
        configuration: Configuration,
        factories: Mapping[Kind, Factory] = FACTORIES,
    ) -> None:
        """Raises ConfigurationError."""
        self._library = library
        self._rows = RetentionRows(database)
        self._rooms = RoomRows(database)
        self._deliveries = DeliveryRows(database)
        self._destinations: dict[str, Destination] = {
            target.name: factories[target.kind](target, configuration)
            for target in parse_targets(configuration.destinations)
            if target.kind in factories
        }
        self._refusals: dict[str, str] = {}

    async def findings(self) -> AsyncIterator[Finding]:
        """Opens each destination when it is needed first."""
        async with AsyncExitStack() as exits:
            opened: set[str] = set()
            after = ""
            while page := self._rows.all(after=after, limit=_PAGE):
                for recording in page:
                    for delivery in self._deliveries.of(recording.id):
                        if delivery.name in self._destinations and delivery.name not in opened:
                            opened.add(delivery.name)
                            await self._open(delivery.name, exits)
                        if problem := await self._ask(recording, delivery):
                            say = Speaker(self._library, recording.id)
                            yield say(Trouble.DELIVERY, f"{delivery.name}: {problem}")
                after = page[-1].id

    async def _open(self, name: str, exits: AsyncExitStack) -> None:
        try:
            await exits.enter_async_context(self._destinations[name])
        except DeliveryError as error:
            self._refusals[name] = str(error)

    async def _ask(self, recording: Recording, delivery: Delivery) -> str:
        """Empty: it is there and right, or there is nobody to ask."""
        destination = self._destinations.get(delivery.name)
        is_asked = (
            destination is not None and delivery.state is DeliveryState.CONFIRMED and delivery.evidence is not None
        )
        if not is_asked or recording.path is None or recording.trashed_at is not None:
            return ""
        if delivery.name in self._refusals:
            return f"it cannot be asked: {self._refusals[delivery.name]}"
        try:
            finished = self._finished(recording)
        except DeliveryError:
            return ""  # its own file is missing: that is told already
        assert destination is not None
        assert delivery.evidence is not None
        try:
            return await destination.verify(finished, delivery.evidence)
        except DeliveryError as error:
            return f"it cannot be asked: {error}"

    def _finished(self, recording: Recording) -> Finished:
        """Raises DeliveryError."""
        parent = None if recording.parent is None else self._rooms.get(recording.parent)
        return finished_of(recording, self._library, self._rooms.get(recording.room), parent)
