"""Where the service is: the address it listens on, and the note of it in the library."""

import contextlib
import ipaddress
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bot.service.access.keys import write_private

_FILE = "service.json"
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - names them, does not bind


def is_loopback(host: str) -> bool:
    """A name other than localhost may mean anything, and is taken for public."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def http_url(host: str, port: int) -> str:
    """As it is reached from this machine."""
    reached = _ANY.get(host, host)
    return f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"


@dataclass(frozen=True, slots=True)
class Note:
    """<library>/service.json, while the service runs: commands on the same machine find it by that."""

    url: str
    pid: int

    @classmethod
    def read(cls, library: Path) -> Self | None:
        """None when there is none, or none of ours. What it names may have died."""
        try:
            values = json.loads((library / _FILE).read_text(encoding="utf-8"))
            return cls(str(values["url"]), int(values["pid"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, library: Path) -> None:
        """Raises ConfigurationError."""
        write_private(library / _FILE, json.dumps({"url": self.url, "pid": self.pid}) + "\n")

    @staticmethod
    def remove(library: Path) -> None:
        """If it is this process's."""
        note = Note.read(library)
        if note is not None and note.pid == os.getpid():
            with contextlib.suppress(OSError):
                (library / _FILE).unlink()
