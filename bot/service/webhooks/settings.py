"""What the webhooks know of the configuration."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.configuration import Configuration
from bot.errors import ConfigurationError
from bot.service.access.keys import write_private
from bot.service.webhooks.destination import Network, parse_networks, url_problem
from bot.service.webhooks.schedule import DELAYS_NS
from bot.service.webhooks.sender import TIMEOUT_S
from bot.service.webhooks.signature import make_secret, parse_secrets

SECRET_FILE = "webhook-secret"  # noqa: S105 - the name of a file
_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    urls: tuple[str, ...] = field(default=(), repr=False)
    keys: tuple[bytes, ...] = field(repr=False)
    networks: tuple[Network, ...] = ()
    delays_ns: Sequence[int] = DELAYS_NS
    timeout_s: float = TIMEOUT_S


def webhook_settings(configuration: Configuration, library: Path) -> WebhookSettings:
    """Where no secret is configured, the library's own is used, and made at the first start. Raises ConfigurationError,
    also for an address that webhooks may not go to."""
    networks = parse_networks(configuration.webhook_networks)
    for number, url in enumerate(configuration.webhook_urls, 1):
        problem = url_problem(url, networks)
        if problem:
            raise ConfigurationError(f"Address {number} of webhook_urls: {problem}")
    if configuration.webhook_secret:
        keys = parse_secrets(configuration.webhook_secret, "webhook_secret")
    else:
        keys = parse_secrets(_library_secret(library / SECRET_FILE), str(library / SECRET_FILE))
    return WebhookSettings(urls=tuple(dict.fromkeys(configuration.webhook_urls)), keys=keys, networks=networks)


def _library_secret(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            if stat.S_IMODE(os.fstat(opened.fileno()).st_mode) & 0o077:
                raise ConfigurationError(
                    f"Others than its owner can read {file}. Remove it, and the service makes a new secret; or, if"
                    f" nobody has read it, chmod 600 {file}."
                )
            return opened.read(_MOST_BYTES).decode("ascii", errors="replace").strip()
    except FileNotFoundError:
        secret = make_secret()
        write_private(file, secret + "\n")
        return secret
    except OSError as error:
        raise ConfigurationError(f"The webhooks' secret in {file} cannot be read: {error.strerror}.") from None
