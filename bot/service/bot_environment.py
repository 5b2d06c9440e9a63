"""The environment of the bots: this service's configuration, wherever it came from, without what is not theirs."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from bot.configuration import ENVIRONMENT_PREFIX, Configuration

# Secrets of the service, and settings of the service alone.
_WITHHELD = frozenset(
    {"service_key", "webhook_secret", "webhook_urls", "webhook_networks", "destinations", "kaltura_secret"}
    | {"output", "library"}
)
# What opens the stores to which the service delivers: a bot, which listens to a whole room, has no use for it.
_STORES = ("AWS_", "AZURE_", "GOOGLE_", "IDENTITY_", "MSI_")


def bot_environment(configuration: Configuration, environment: Mapping[str, str]) -> dict[str, str]:
    kept_back = (ENVIRONMENT_PREFIX, *_STORES)
    others = {key: value for key, value in environment.items() if not key.startswith(kept_back)}
    settings = {
        ENVIRONMENT_PREFIX + item.name.upper(): _text(getattr(configuration, item.name))
        for item in fields(configuration)
        if item.name not in _WITHHELD and getattr(configuration, item.name) != item.default
    }
    return others | settings


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
