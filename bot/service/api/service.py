"""What the handlers reach for."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.configuration import Configuration
from bot.service.access.keys import KeyRing
from bot.service.events.hub import Hub
from bot.service.metrics import Metrics
from bot.service.recordings import Recordings
from bot.service.sweeper import Sweeper
from bot.service.webhooks.destination import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Owned by the app; handlers borrow it."""

    configuration: Configuration
    keys: KeyRing = field(repr=False)
    recordings: Recordings
    hub: Hub
    metrics: Metrics
    sweeper: Sweeper
    document: bytes = b""  # the OpenAPI document
    webhook_networks: tuple[Network, ...] = ()  # private ones that webhooks may go to
    now_s: Callable[[], float] = time.time
