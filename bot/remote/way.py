"""Which service is meant, and with which token."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from bot.configuration import Configuration
from bot.control.process import started_ticks
from bot.errors import ConfigurationError, Unreachable
from bot.service.access.keys import load_keys
from bot.service.access.person import Person, PersonRole
from bot.service.access.tokens import mint
from bot.service.address import Note

COMMAND_S = 300  # how long a token lives that is good for one command


@dataclass(frozen=True, slots=True)
class Way:
    """`url` without a slash at its end."""

    url: str
    token: str = field(repr=False)


def find_way(configuration: Configuration, url: str | None, token: str | None, *, lifetime_s: int = COMMAND_S) -> Way:
    """What is not given comes from the library of a service that runs on this machine: its address from the note there,
    and a token of `lifetime_s`, signed by its key. That token goes to no other address, wherever `url` leads.

    Raises Unreachable when no service runs there, ConfigurationError when there is no key or no token."""
    library = Path(configuration.library)
    if url is not None and not url.startswith(("http://", "https://")):
        raise ConfigurationError("--service must be an http:// or https:// URL.")
    own = _running(library)
    if url is None and own is None:
        raise Unreachable(
            f"No service runs with the library {library}. Start one by `roomreel serve`, or name one with --service"
            " URL (or ROOMREEL_SERVICE)."
        )
    meant = (url or own or "").rstrip("/")
    if token is None and meant != own:
        raise ConfigurationError(
            f"The service at {meant} is not the one of the library {library}, whose key signs tokens for itself alone:"
            " give a token with --token (or ROOMREEL_SERVICE_TOKEN); `roomreel token --role service` makes one there."
        )
    return Way(meant, token or _own_token(configuration, library, lifetime_s))


def _running(library: Path) -> str | None:
    """The address of the library's service, if that is alive."""
    note = Note.read(library)
    return None if note is None or started_ticks(note.pid) is None else note.url.rstrip("/")


def _own_token(configuration: Configuration, library: Path, lifetime_s: int) -> str:
    keys = load_keys(library, configuration.service_key, make=False)
    person = Person(identity="command-line", role=PersonRole.SERVICE)
    return mint(person, keys, now_s=int(time.time()), lifetime_s=lifetime_s)
