"""The destination `webhook`, as this service makes it: with its secrets, and links that its tickets open."""

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bot.configuration import Configuration
from bot.library.destinations.address import Target
from bot.library.destinations.choice import FACTORIES, Factory
from bot.library.destinations.destination import Finished, Kind
from bot.service.access.companion import What
from bot.service.access.keys import KeyRing
from bot.service.access.tokens import Ticket, mint_ticket
from bot.service.recording_json import moment, recording_values
from bot.service.webhooks.settings import webhook_settings
from bot.service.webhooks.taking import Taking, checked

LINK_S = 24 * 3600


def factories(keys: KeyRing) -> Mapping[Kind, Factory]:
    """All of them."""

    def take(target: Target, configuration: Configuration) -> Taking:
        return Taking(
            checked(target, configuration),
            partial(webhook_settings, configuration, Path(configuration.library).resolve()),
            describe=lambda finished: recording_values(finished.recording),
            links=partial(_links, keys),
        )

    return {**FACTORIES, Kind.WEBHOOK: take}


def _links(keys: KeyRing, finished: Finished) -> dict[str, Any]:
    """Of the file, on this service."""
    recording = finished.recording
    ticket = Ticket(recording.id, What.FILE.value, recording.link_series)
    text, expires = mint_ticket(ticket, keys, now_s=int(time.time()), lifetime_s=LINK_S)
    return {"url": f"/v1/recordings/{recording.id}/file?ticket={text}", "expires_at": moment(expires)}
