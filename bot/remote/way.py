"""Which service is meant, and with which token."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from bot.configuration import Configuration
from bot.errors import ConfigurationError, Unreachable
from bot.service.access.keys import load_keys
from bot.service.access.person import Person, PersonRole
from bot.service.access.tokens import LONGEST_S, mint
from bot.service.address import Note


@dataclass(frozen=True, slots=True)
class Way:
    """`url` without a slash at its end."""

    url: str
    token: str = field(repr=False)


def find_way(configuration: Configuration, url: str | None, token: str | None) -> Way:
    """What is not given comes from the library of a service on this machine: its address from the note there, and a
    token signed by its key. Raises Unreachable when no service runs there, ConfigurationError when there is no key."""
    library = Path(configuration.library)
    if url is None:
        note = Note.read(library)
        if note is None:
            raise Unreachable(
                f"No service runs with the library {library}. Start one by `roomreel serve`, or name one with --service"
                " URL (or ROOMREEL_SERVICE)."
            )
        url = note.url
    elif not url.startswith(("http://", "https://")):
        raise ConfigurationError("--service must be an http:// or https:// URL.")
    return Way(url.rstrip("/"), token or _own_token(configuration, library))


def _own_token(configuration: Configuration, library: Path) -> str:
    keys = load_keys(library, configuration.service_key, make=False)
    person = Person(identity="command-line", role=PersonRole.SERVICE)
    return mint(person, keys, now_s=int(time.time()), lifetime_s=LONGEST_S)
